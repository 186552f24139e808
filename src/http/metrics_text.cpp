#include "http/metrics_text.h"

#include <array>
#include <charconv>
#include <utility>

namespace voxlate::http {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// A number in its shortest form: "0.25", "1e+20".
std::string number(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

/// In the value of a label \, " and line feed are escaped.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

/// Writes families one after another; all samples of one stand together, below its help and type.
class Exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = std::string("voxlate_").append(name);
    text_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }

  void sample(double value, const Labels& labels = {}, std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    char separator = '{';
    for (const auto& [name, label] : labels) {
      text_.append(1, separator).append(name).append("=\"").append(escaped(label)).append("\"");
      separator = ',';
    }
    if (separator == ',') text_ += '}';
    text_.append(" ").append(number(value)).append("\n");
  }

  void gauge(std::string_view name, std::string_view help, double value) {
    family(name, "gauge", help);
    sample(value);
  }

  void counter(std::string_view name, std::string_view help, double value) {
    family(name, "counter", help);
    sample(value);
  }

  void known_gauge(std::string_view name, std::string_view help, const std::optional<double>& value) {
    if (value) gauge(name, help, *value);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

double as_double(std::uint64_t value) { return static_cast<double>(value); }

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

void write_machine(const ResourceSample& sample, Exposition& out) {
  out.gauge("cpu_usage_ratio", "Share of all processors in use, by everybody.", sample.cpu_percent / 100);
  out.gauge("process_cpu_usage_ratio", "Share of all processors that this process uses.",
            sample.process_cpu_percent / 100);
  out.gauge("cpus", "Processors.", sample.cpu_count);
  out.gauge("memory_used_bytes", "Memory in use, of the cgroup where it limits.", as_double(sample.memory_used_bytes));
  out.gauge("memory_limit_bytes", "All memory, of the cgroup where it limits.", as_double(sample.memory_total_bytes));
  out.gauge("process_resident_bytes", "Memory of this process.", as_double(sample.process_rss_bytes));
  const auto share = [](const std::optional<double>& percent) {
    return percent ? std::optional(*percent / 100) : std::nullopt;
  };
  out.known_gauge("memory_stall_ratio", "Share of the last 10 s in which something waited for memory.",
                  share(sample.memory_stall_percent));
  out.known_gauge("io_stall_ratio", "Share of the last 10 s in which something waited for a disk.",
                  share(sample.io_stall_percent));
  out.known_gauge("disk_read_bytes_per_second", "Read by all disks.", sample.disk_read_bytes_per_s);
  out.known_gauge("disk_written_bytes_per_second", "Written by all disks.", sample.disk_written_bytes_per_s);
  out.known_gauge("network_received_bytes_per_second", "Received by all interfaces but loopback.",
                  sample.network_received_bytes_per_s);
  out.known_gauge("network_sent_bytes_per_second", "Sent by all interfaces but loopback.",
                  sample.network_sent_bytes_per_s);
  out.gauge("disk_free_bytes", "Free space where the data folder lies.", as_double(sample.disk_free_bytes));
  out.gauge("disk_size_bytes", "Space where the data folder lies.", as_double(sample.disk_total_bytes));
}

void write_gpus(const std::vector<GpuStatus>& gpus, Exposition& out) {
  if (gpus.empty()) return;
  const auto labels = [](const GpuStatus& gpu) { return Labels{{"gpu", std::to_string(gpu.index)}}; };
  out.family("gpu_memory_used_bytes", "gauge", "Memory in use of a GPU.");
  for (const GpuStatus& gpu : gpus) out.sample(as_double(gpu.memory_used_bytes), labels(gpu));
  out.family("gpu_memory_bytes", "gauge", "Memory of a GPU.");
  for (const GpuStatus& gpu : gpus) out.sample(as_double(gpu.memory_total_bytes), labels(gpu));
  out.family("gpu_usage_ratio", "gauge", "Share of a GPU's time in use.");
  for (const GpuStatus& gpu : gpus) {
    if (gpu.load_percent) out.sample(*gpu.load_percent / 100.0, labels(gpu));
  }
}

void write_queue(const MetricsFacts& facts, Exposition& out) {
  const SystemStatus& status = facts.status;
  out.family("jobs", "gauge", "Jobs by state.");
  for (const auto& [state, count] : facts.queue) out.sample(count, {{"state", std::string(to_string(state))}});
  out.gauge("jobs_limit", "Jobs that may run at once.", status.workers_total);
  out.gauge("jobs_active", "Jobs that run.", status.workers_active);
  out.gauge("workers_limit", "Tasks of stages that may run at once.", status.stage_workers.limit);
  out.gauge("workers_active", "Tasks of stages that run.", status.stage_workers.active);
  out.gauge("workers_waiting", "Tasks of stages that wait.", status.stage_workers.waiting);
  out.counter("worker_tasks_total", "Tasks of stages that ran.", as_double(status.stage_workers.completed));
  out.gauge("workers_efficiency_ratio", "Share of their time in which workers had something to do.",
            status.stage_workers.efficiency);
}

void write_memory(const MetricsFacts& facts, Exposition& out) {
  const MemoryWatch& watch = facts.status.memory_watch;
  out.gauge("memory_level", "0 normal, 1 elevated, 2 high, 3 critical.", static_cast<double>(watch.level));
  out.counter("memory_releases_total", "Clean-ups of memory.", as_double(watch.releases));
  out.counter("memory_freed_bytes_total", "Bytes that they freed.", as_double(watch.freed_bytes));
  out.counter("jobs_requeued_total", "Jobs sent back to the queue because memory was short.",
              as_double(watch.jobs_requeued));
  out.family("memory_holder_bytes", "gauge", "What caches, models and the like hold.");
  for (const HolderFigures& holder : facts.holders) out.sample(as_double(holder.bytes), {{"holder", holder.name}});
  out.gauge("models_loaded", "Models in memory.", as_double(facts.status.models.size()));
  if (!facts.status.models.empty()) {
    out.family("model_bytes", "gauge", "Memory of a model.");
    for (const ModelInMemory& model : facts.status.models) {
      out.sample(as_double(model.size_bytes), {{"model", model.id},
                                               {"engine", model.engine},
                                               {"device", model.device},
                                               {"compute_type", model.compute_type}});
    }
  }
  out.family("alert_active", "gauge", "1 for each alert that is raised.");
  for (const Alert& alert : facts.status.alerts) out.sample(1, {{"alert", alert.id}});
}

void write_stages(const std::vector<StageFigures>& stages, Exposition& out) {
  if (stages.empty()) return;
  out.family("stage_duration_seconds", "histogram", "How long runs of a stage took.");
  for (const StageFigures& stage : stages) {
    for (std::size_t i = 0; i < kStageBounds.size(); ++i) {
      out.sample(as_double(stage.within.at(i)), {{"stage", stage.stage}, {"le", number(seconds(kStageBounds.at(i)))}},
                 "_bucket");
    }
    out.sample(as_double(stage.count), {{"stage", stage.stage}, {"le", "+Inf"}}, "_bucket");
    out.sample(seconds(stage.total), {{"stage", stage.stage}}, "_sum");
    out.sample(as_double(stage.count), {{"stage", stage.stage}}, "_count");
  }
  out.family("stage_media_seconds_total", "counter", "Sound or picture that a stage worked on.");
  for (const StageFigures& stage : stages) out.sample(seconds(stage.media), {{"stage", stage.stage}});
}

}  // namespace

std::string metrics_text(const MetricsFacts& facts) {
  Exposition out;
  out.family("build_info", "gauge", "1, with the versions of this build.");
  Labels versions;
  for (const auto& [name, version] : facts.status.versions) {
    if (name == "voxlate") versions.emplace_back("version", version);
  }
  out.sample(1, versions);
  out.gauge("uptime_seconds", "Since the start of the server.", static_cast<double>(facts.status.uptime.count()));
  write_machine(facts.status.resources, out);
  write_gpus(facts.status.resources.gpus, out);
  write_queue(facts, out);
  write_memory(facts, out);
  write_stages(facts.stages, out);
  return out.take();
}

}  // namespace voxlate::http
