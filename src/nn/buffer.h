#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace voxlate::nn {

/// Uninitialised memory at a cache line's border. 128 bytes behind its end may be read, so that a kernel that takes
/// whole vectors needs no special case at the end.
template <typename Element>
class Buffer {
  static_assert(std::is_trivially_copyable_v<Element>);

 public:
  Buffer() = default;
  /// Throws `std::bad_alloc`.
  explicit Buffer(std::size_t size) : size_(size) {
    constexpr std::size_t kReadBehind = 128;
    const std::size_t bytes = size * sizeof(Element) + kReadBehind;
    data_.reset(static_cast<Element*>(::operator new(bytes, kLine)));
  }

  Element* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t size_bytes() const { return size_ * sizeof(Element); }

 private:
  static constexpr std::align_val_t kLine{64};

  struct Free {
    void operator()(Element* memory) const { ::operator delete(memory, kLine); }
  };

  std::unique_ptr<Element, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace voxlate::nn
