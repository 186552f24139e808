#include "base/sealed_text.h"

#include <gtest/gtest.h>

namespace voxlate {
namespace {

TEST(SealedText, OpensWithItsSecret) {
  for (const std::string& text : {std::string(), std::string("a\0b", 3), std::string(100'000, 'x')}) {
    const std::string sealed = seal_text("secret", text);
    EXPECT_EQ(unseal_text("secret", sealed), text);
    EXPECT_EQ(unseal_text("Secret", sealed), std::nullopt);
  }
}

TEST(SealedText, SaysNothingAndNeverTheSame) {
  const std::string sealed = seal_text("secret", "the text itself");
  EXPECT_EQ(sealed.find("text"), std::string::npos);
  EXPECT_NE(seal_text("secret", "the text itself"), sealed);
}

TEST(SealedText, NoticesEveryChange) {
  const std::string sealed = seal_text("secret", "text");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(unseal_text("secret", changed), std::nullopt) << at;
    EXPECT_EQ(unseal_text("secret", sealed.substr(0, at)), std::nullopt) << at;
  }
}

}  // namespace
}  // namespace voxlate
