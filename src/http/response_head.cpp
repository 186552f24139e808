#include "http/response_head.h"

#include <httplib.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "http/http_date.h"
#include "http/version.h"

namespace voxlate::http {
namespace {

/// The library reads one line: that a HEAD is answered, so it writes no body. What it writes is kept.
class LibraryStream final : public httplib::Stream {
 public:
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* out, size_t size) override {
    const std::size_t taken = input_.copy(out, size, position_);
    position_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* bytes, size_t size) override {
    written_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

  std::string take() { return std::move(written_); }

 private:
  const std::string input_ = "HEAD / HTTP/1.1\r\n\r\n";
  std::size_t position_ = 0;
  std::string written_;
};

std::uint64_t length_of(const Response& response) {
  return response.file ? response.file->length : response.body.size();
}

class Library final : private httplib::Server {
 public:
  Library(const Response& response, int minor_version) : response_(response), minor_version_(minor_version) {
    // The library stops writing while it thinks that its listener is closed; it has none of its own.
    svr_sock_ = 0;
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      fill(out);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& out) { tidy(out); });
  }

  std::string write(bool close) {
    LibraryStream stream;
    process(&Library::process_request, stream, close);
    return stream.take();
  }

 private:
  using Setup = std::function<void(httplib::Request&)>;
  using ProcessRequest = bool (httplib::Server::*)(httplib::Stream&, bool, bool&, const Setup&);
  // From version 0.18 on with the addresses of both ends.
  using ProcessRequestFrom = bool (httplib::Server::*)(httplib::Stream&, const std::string&, int, const std::string&,
                                                       int, bool, bool&, const Setup&);

  void process(ProcessRequest call, httplib::Stream& stream, bool close) {
    bool closed = false;
    (this->*call)(stream, close, closed, nullptr);
  }
  void process(ProcessRequestFrom call, httplib::Stream& stream, bool close) {
    bool closed = false;
    (this->*call)(stream, "", 0, "", 0, close, closed, nullptr);
  }

  void fill(httplib::Response& out) const;
  void tidy(httplib::Response& out) const;

  const Response& response_;
  const int minor_version_;
};

void Library::fill(httplib::Response& out) const {
  // A HEAD never asks for the content.
  const auto no_piece = [](std::size_t, std::size_t, httplib::DataSink&) { return false; };
  const auto no_event = [](std::size_t, httplib::DataSink&) { return false; };
  out.status = response_.status;
  out.set_header("Date", http_date(std::time(nullptr)));
  for (const Header& header : response_.headers) out.set_header(header.name, header.value);
  const bool endless = response_.events || response_.stream;
  if (endless && minor_version_ >= 1)
    out.set_chunked_content_provider(response_.content_type, no_event);
  else if (endless)
    out.set_content_provider(response_.content_type, no_event);
  else if (const auto length = length_of(response_); length > 0)
    out.set_content_provider(length, response_.content_type, no_piece);
  else if (!response_.content_type.empty())
    out.set_content("", response_.content_type);
}

// Takes away what the library adds where it does not belong (RFC 9110, 8.6: no length with 204 and 304).
void Library::tidy(httplib::Response& out) const {
  out.headers.erase("Keep-Alive");
  if (out.status == 204 || out.status == 304) out.headers.erase("Content-Length");
  if (std::ranges::find(response_.headers, "Accept-Ranges", &Header::name) == response_.headers.end()) {
    out.headers.erase("Accept-Ranges");
  }
}

}  // namespace

std::string httplib_version() { return CPPHTTPLIB_VERSION; }

std::string response_head(const Response& response, int minor_version, bool close) {
  return Library(response, minor_version).write(close);
}

}  // namespace voxlate::http
