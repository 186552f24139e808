#pragma once

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace voxlate::log {

enum class Level { kDebug, kInfo, kWarning, kError };

/// One `key=value` of a log line. Values are escaped: one event is always one line.
struct Field {
  std::string_view key;
  std::string value;

  Field(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
  Field(std::string_view field_key, const char* text) : key(field_key), value(text) {}
  Field(std::string_view field_key, const std::string& text) : key(field_key), value(text) {}
  Field(std::string_view field_key, bool flag) : key(field_key), value(flag ? "true" : "false") {}
  Field(std::string_view field_key, double number);
  template <std::integral Number>
  Field(std::string_view field_key, Number number) : key(field_key), value(std::to_string(number)) {}
};

/// Sets the level and the destination (stderr) of the process; called once, by main.
void initialise(Level level);

/// `job finished job_id=… attempt=1 audio_ms=91000`. No user text above debug level.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kWarning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kError, event, fields);
}

}  // namespace voxlate::log
