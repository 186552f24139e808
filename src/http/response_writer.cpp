#include "http/response_writer.h"

#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

#include "base/log.h"
#include "http/http_date.h"
#include "http/version.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kFileChunkBytes = 128 * 1024;

/// What the library reads is one line that says which method is answered; what it writes goes to the client.
class LibraryStream final : public httplib::Stream {
 public:
  LibraryStream(Connection& connection, std::string input) : connection_(connection), input_(std::move(input)) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* out, size_t size) override {
    const std::size_t taken = input_.copy(out, size, position_);
    position_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* bytes, size_t size) override {
    return connection_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

 private:
  Connection& connection_;
  const std::string input_;
  std::size_t position_ = 0;
};

class LibrarySink final : public StreamSink {
 public:
  LibrarySink(httplib::DataSink& sink, const Connection& connection) : sink_(sink), connection_(connection) {}

  bool write(std::string_view bytes) override { return ok_ = ok_ && sink_.write(bytes.data(), bytes.size()); }
  bool client_gone() const override { return !ok_ || connection_.client_gone(); }

 private:
  httplib::DataSink& sink_;
  const Connection& connection_;
  bool ok_ = true;
};

bool send_piece(const FileBody& file, std::size_t done, std::size_t left, httplib::DataSink& sink) {
  std::vector<char> buffer(std::min(kFileChunkBytes, left));
  const ssize_t got = ::pread(file.fd->get(), buffer.data(), buffer.size(), static_cast<off_t>(file.offset + done));
  if (got <= 0) {
    log::error("file shorter than announced", {{"errno", got < 0 ? errno : 0}});
    return false;
  }
  return sink.write(buffer.data(), static_cast<std::size_t>(got));
}

}  // namespace

class ResponseWriter::Library final : private httplib::Server {
 public:
  explicit Library(Connection& connection) : connection_(connection) {
    // The library stops writing while it thinks that its listener is closed; it has none of its own.
    svr_sock_ = 0;
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      fill(out);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& out) { tidy(out); });
  }

  bool write(const std::string& method, int minor_version, Response response, bool close) {
    response_ = std::move(response);
    minor_version_ = minor_version;
    LibraryStream stream(connection_, method + " / HTTP/1.1\r\n\r\n");
    const bool written = process(&Library::process_request, stream, close);
    response_ = {};  // what it holds (a file, a place among the event streams) is not held longer
    return written;
  }

 private:
  using Setup = std::function<void(httplib::Request&)>;
  using ProcessRequest = bool (httplib::Server::*)(httplib::Stream&, bool, bool&, const Setup&);
  // From version 0.18 on with the addresses of both ends.
  using ProcessRequestFrom = bool (httplib::Server::*)(httplib::Stream&, const std::string&, int, const std::string&,
                                                       int, bool, bool&, const Setup&);

  bool process(ProcessRequest call, httplib::Stream& stream, bool close) {
    bool closed = false;
    return (this->*call)(stream, close, closed, nullptr);
  }
  bool process(ProcessRequestFrom call, httplib::Stream& stream, bool close) {
    bool closed = false;
    return (this->*call)(stream, "", 0, "", 0, close, closed, nullptr);
  }

  void fill(httplib::Response& out);
  void tidy(httplib::Response& out) const;
  bool run_stream(httplib::DataSink& sink);

  Connection& connection_;
  Response response_;
  int minor_version_ = 1;
};

void ResponseWriter::Library::fill(httplib::Response& out) {
  out.status = response_.status;
  out.set_header("Date", http_date(std::time(nullptr)));
  for (const Header& header : response_.headers) out.set_header(header.name, header.value);
  if (response_.stream) {
    const auto provider = [this](std::size_t, httplib::DataSink& sink) { return run_stream(sink); };
    if (minor_version_ >= 1)
      out.set_chunked_content_provider(response_.content_type, provider);
    else
      out.set_content_provider(response_.content_type, provider);
  } else if (response_.file && response_.file->length > 0) {
    out.set_content_provider(response_.file->length, response_.content_type,
                             [this](std::size_t done, std::size_t left, httplib::DataSink& sink) {
                               return send_piece(*response_.file, done, left, sink);
                             });
  } else if (!response_.content_type.empty()) {
    out.set_content(response_.body, response_.content_type);
  }
}

// Takes away what the library adds where it does not belong (RFC 9110, 8.6: no length with 204 and 304).
void ResponseWriter::Library::tidy(httplib::Response& out) const {
  out.headers.erase("Keep-Alive");
  if (out.status == 204 || out.status == 304) out.headers.erase("Content-Length");
  if (std::ranges::find(response_.headers, "Accept-Ranges", &Header::name) == response_.headers.end()) {
    out.headers.erase("Accept-Ranges");
  }
}

bool ResponseWriter::Library::run_stream(httplib::DataSink& sink) {
  LibrarySink events(sink, connection_);
  response_.stream(events);
  sink.done();
  return true;
}

std::string httplib_version() { return CPPHTTPLIB_VERSION; }

ResponseWriter::ResponseWriter(Connection& connection) : library_(std::make_unique<Library>(connection)) {}

ResponseWriter::~ResponseWriter() = default;

bool ResponseWriter::write(const std::string& method, int minor_version, Response response, bool close) {
  return library_->write(method, minor_version, std::move(response), close);
}

}  // namespace voxlate::http
