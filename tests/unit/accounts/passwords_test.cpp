#include "accounts/passwords.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "accounts/access_tokens.h"
#include "accounts/names.h"

namespace voxlate::accounts {
namespace {

TEST(PasswordFault, RefusesWhatIsTooShortTooLongOrTriedFirst) {
  for (const std::string& bad :
       {std::string(), std::string("sevenxx"), std::string(129, 'x') + "y", std::string("password"),
        std::string("Password123!"), std::string("12345678"), std::string("qwertyuiop"), std::string("aaaaaaaa"),
        std::string("abcdefgh"), std::string("hellohello"), std::string("iloveyou1"), std::string("SUMMER2024"),
        std::string("broken\xFF\xFE utf8"), std::string("annette.b")}) {
    EXPECT_TRUE(password_fault(bad, "annette.b")) << bad;
  }
  for (const std::string& good :
       {std::string("correct horse battery"), std::string("tr0ub4dor&3x"), std::string("  spaces count  "),
        std::string("\xE0\xB8\xAA\xE0\xB8\xA7\xE0\xB8\xB1\xE0\xB8\xAA\xE0\xB8\x94\xE0\xB8\xB5\xE0\xB8\xAA\xE0\xB8\xA7"),
        std::string("passwordless ways"), std::string(64, 'x') + std::string(64, 'y')}) {
    EXPECT_FALSE(password_fault(good, "annette.b")) << good;
  }
}

TEST(PasswordFault, CountsCharactersAndBytes) {
  const std::string thai = "\xE0\xB8\x81";
  std::string text;
  for (int i = 0; i < 128; ++i) text += i % 2 == 0 ? thai : "x";
  EXPECT_FALSE(password_fault(text, "")) << text.size();
  text.clear();
  for (int i = 0; i < 127; ++i) text += "\xF0\x9F\x98\x80";
  text += "x";  // 128 characters, 509 bytes
  EXPECT_FALSE(password_fault(text, ""));
  EXPECT_TRUE(password_fault(text + thai, ""));
}

TEST(PasswordHasher, HashesWithTheParametersThatAreDocumented) {
  PasswordHasher hasher;
  const auto hash = hasher.hash("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *hash;
  EXPECT_EQ(hasher.verify("correct horse", *hash), PasswordHasher::Verdict::kRight);
  EXPECT_EQ(hasher.verify("correct horsf", *hash), PasswordHasher::Verdict::kWrong);
  EXPECT_EQ(hasher.verify("correct horse", ""), PasswordHasher::Verdict::kWrong);
  EXPECT_NE(*hasher.hash("correct horse"), *hash);
  EXPECT_FALSE(hasher.is_outdated(*hash));
}

TEST(PasswordHasher, NoticesHashesOfOtherParameters) {
  PasswordHasher hasher;
  std::array<char, crypto_pwhash_STRBYTES> old{};
  ASSERT_EQ(crypto_pwhash_str(old.data(), "correct horse", 13, 1, 8192 * 1024), 0);
  EXPECT_EQ(hasher.verify("correct horse", old.data()), PasswordHasher::Verdict::kRight);
  EXPECT_TRUE(hasher.is_outdated(old.data()));
}

TEST(HashGate, LetsInSoManyAndTurnsTheRestAwayAtOnce) {
  HashGate gate(2, 3);
  auto first = gate.enter();
  auto second = gate.enter();
  ASSERT_TRUE(first && second);
  std::atomic<int> turned_away = 0;
  std::atomic<int> let_in = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      const auto place = gate.enter();
      ++(place ? let_in : turned_away);
    });
  }
  while (turned_away < 7) std::this_thread::yield();  // three wait, whoever they are
  EXPECT_EQ(let_in, 0);
  first.reset();
  threads.clear();
  EXPECT_EQ(let_in, 3);
  EXPECT_EQ(turned_away, 7);
}

TEST(AccessTokens, AreRandomTextOf256Bits) {
  const std::string token = random_token();
  EXPECT_TRUE(is_token(token)) << token;
  EXPECT_NE(token, random_token());
  for (const char* bad : {"", "abc", "+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) EXPECT_FALSE(is_token(bad)) << bad;
}

TEST(AccessTokens, KeysAreReadBack) {
  const KeyText key{.id = "abcdefghijklmnopqrstuvwxyz", .secret = std::string(41, 'x') + "_-"};
  const auto parsed = parse_key(write_key(key));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, key.id);
  EXPECT_EQ(parsed->secret, key.secret);
  for (const std::string& bad : {std::string(), std::string("vox_"), std::string("sk-abc"), write_key(key) + "x",
                                 "vox_short_" + key.secret, write_key(key).substr(1)}) {
    EXPECT_FALSE(parse_key(bad)) << bad;
  }
}

TEST(Names, OfUsersAndAddresses) {
  for (const char* good : {"a", "ann", "ann.b-c_2", "0x"}) EXPECT_FALSE(user_name_fault(good)) << good;
  for (const std::string bad : {"", "Ann", ".ann", "ann b", "a@b", "\xC3\xA4"})
    EXPECT_TRUE(user_name_fault(bad)) << bad;
  EXPECT_TRUE(user_name_fault(std::string(65, 'a')));
  for (const char* good : {"", "a@b", "ann@example.org"}) EXPECT_FALSE(email_fault(good)) << good;
  for (const char* bad : {"a", "@", "a@", "@b", "a@b@c", "a b@c", "a\n@b"}) EXPECT_TRUE(email_fault(bad)) << bad;
}

}  // namespace
}  // namespace voxlate::accounts
