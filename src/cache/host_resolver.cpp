#include "cache/host_resolver.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "voxlate/error.h"

namespace voxlate::cache {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

std::vector<SocketAddress> copy_of(const addrinfo* from) {
  std::vector<SocketAddress> addresses;
  for (; from != nullptr; from = from->ai_next) {
    SocketAddress address;
    address.size = std::min<socklen_t>(from->ai_addrlen, sizeof address.storage);
    std::memcpy(&address.storage, from->ai_addr, address.size);
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

std::chrono::milliseconds time_left(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

HostResolver::HostResolver(std::string host, int port) : host_(std::move(host)), port_(std::to_string(port)) {}

HostResolver::~HostResolver() {
  const MutexLock lock(mutex_);
  if (!under_way_) return;
  const gaicb* list[] = {&request_};
  if (::gai_cancel(&request_) == EAI_NOTCANCELED) {
    while (::gai_error(&request_) == EAI_INPROGRESS) ::gai_suspend(list, 1, nullptr);
  }
  const Addresses unused(request_.ar_result);
}

std::vector<SocketAddress> HostResolver::resolve(Deadline deadline) {
  addrinfo literal{};
  literal.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  literal.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host_.c_str(), port_.c_str(), &literal, &found) == 0) return copy_of(Addresses(found).get());

  const MutexLock lock(mutex_);
  if (!under_way_) start();
  if (!await(deadline)) throw Error(ErrorCode::kTimeout, "the address of " + host_ + " is not known yet");
  under_way_ = false;
  const Addresses addresses(std::exchange(request_.ar_result, nullptr));
  const int error = ::gai_error(&request_);
  if (error != 0 || !addresses)
    throw Error(ErrorCode::kUnavailable, "no address of " + host_ + ": " + ::gai_strerror(error));
  return copy_of(addresses.get());
}

void HostResolver::start() {
  hints_ = {};
  hints_.ai_flags = AI_NUMERICSERV;
  hints_.ai_socktype = SOCK_STREAM;
  request_ = {};
  request_.ar_name = host_.c_str();
  request_.ar_service = port_.c_str();
  request_.ar_request = &hints_;
  gaicb* list[] = {&request_};
  const int error = ::getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr);
  if (error != 0) throw Error(ErrorCode::kUnavailable, "no address of " + host_ + ": " + ::gai_strerror(error));
  under_way_ = true;
}

bool HostResolver::await(Deadline deadline) {
  const gaicb* list[] = {&request_};
  while (::gai_error(&request_) == EAI_INPROGRESS) {
    const auto left = time_left(deadline);
    if (left.count() == 0) return false;
    const timespec wait{.tv_sec = left.count() / 1000, .tv_nsec = left.count() % 1000 * 1'000'000};
    ::gai_suspend(list, 1, &wait);
  }
  return true;
}

}  // namespace voxlate::cache
