#pragma once

#include "store/storage.h"
#include "voxlate/answer_store.h"

namespace voxlate::store {

/// Thread-safe.
class SqliteAnswerStore : public AnswerStore {
 public:
  explicit SqliteAnswerStore(Storage& storage) : storage_(storage) {}

  std::variant<Begun, KeptAnswer> begin(const RepeatKey& key, TimePoint now) override;
  bool keep(const RepeatKey& key, const KeptAnswer& answer) override;
  void forget(const RepeatKey& key) override;
  int sweep(TimePoint now) override;

 private:
  Storage& storage_;
};

}  // namespace voxlate::store
