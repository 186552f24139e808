// Uploads against the real server, over broken lines and kill -9.

#include "upload_interruptions.h"

namespace voxlate::e2e {
namespace {

TEST(UploadKills, UploadsResumeByteExact) { interrupt_uploads(/*uploads=*/20, /*kills=*/2); }

}  // namespace
}  // namespace voxlate::e2e
