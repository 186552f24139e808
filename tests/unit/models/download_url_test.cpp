#include "models/download_url.h"

#include <gtest/gtest.h>

#include "voxlate/error.h"

namespace voxlate::models {
namespace {

TEST(DownloadUrl, TakesHttpsAndHttpToThisMachine) {
  for (const char* url : {"https://huggingface.co", "https://mirror.lan:8443/x", "http://127.0.0.1:8000",
                          "http://[::1]/x", "http://localhost/x", "http://127.1/x"}) {
    EXPECT_NO_THROW(require_download_url(url)) << url;
  }
}

TEST(DownloadUrl, RefusesEverythingElse) {
  for (const char* url : {"http://huggingface.co", "http://192.168.1.5/x", "ftp://127.0.0.1/x", "file:///etc/passwd",
                          "", "huggingface.co", "http://127.0.0.1.evil.example/x", "http://localhost.evil.example/",
                          "http://127.0.0.1@evil.example/"}) {
    try {
      require_download_url(url);
      ADD_FAILURE() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    }
  }
}

TEST(DownloadUrl, NeverGoesFromHttpsToHttp) {
  EXPECT_TRUE(may_redirect("https://huggingface.co/a", "https://cdn.example/b"));
  EXPECT_FALSE(may_redirect("https://huggingface.co/a", "http://cdn.example/b"));
  EXPECT_FALSE(may_redirect("https://huggingface.co/a", "http://127.0.0.1/b"));
  EXPECT_FALSE(may_redirect("https://huggingface.co/a", "file:///etc/passwd"));
  EXPECT_TRUE(may_redirect("http://127.0.0.1/a", "http://localhost/b"));
  EXPECT_TRUE(may_redirect("http://127.0.0.1/a", "https://cdn.example/b"));
  EXPECT_FALSE(may_redirect("http://127.0.0.1/a", "http://cdn.example/b"));
}

}  // namespace
}  // namespace voxlate::models
