#include "translation/licence.h"

#include <gtest/gtest.h>

#include <string>

#include "base/temporary_folder.h"
#include "tests/unit/translation/package_writer.h"

namespace voxlate::translation {
namespace {

TEST(Licence, IsTheFirstThatALineNames) {
  EXPECT_EQ(licence_in("# Title\n\nLicense: CC0\nMIT License\n"), (Licence{"CC0", false}));
  EXPECT_EQ(licence_in("MIT License\n\nCopyright"), (Licence{"MIT", false}));
  EXPECT_EQ(licence_in("license: mit"), (Licence{"MIT", false}));
  EXPECT_EQ(licence_in("**MIT**\r\n"), (Licence{"MIT", false}));
  EXPECT_EQ(licence_in("   Apache License\n  Version 2.0"), (Licence{"Apache-2.0", false}));
  EXPECT_EQ(licence_in("license: apache-2.0"), (Licence{"Apache-2.0", false}));
  EXPECT_EQ(licence_in("- license: cc-by-4.0"), (Licence{"CC-BY 4.0", false}));
  EXPECT_EQ(licence_in("CC BY-SA 3.0 for the data"), (Licence{"CC-BY-SA 3.0", false}));
  EXPECT_EQ(licence_in("GNU General Public License"), (Licence{"GPL", false}));
}

TEST(Licence, SaysWhatIsNotForCommerce) {
  EXPECT_EQ(licence_in("license: cc-by-nc-4.0"), (Licence{"CC-BY-NC 4.0", true}));
  EXPECT_EQ(licence_in("CC_BY_NC_SA"), (Licence{"CC-BY-NC-SA", true}));
  EXPECT_EQ(licence_in("Attribution-NonCommercial 4.0 International"), (Licence{"CC-BY-NC 4.0", true}));
}

TEST(Licence, OtherWordsAreNone) {
  EXPECT_EQ(licence_in(""), Licence());
  EXPECT_EQ(licence_in("Permit the committee to submit\nmit freundlichen"), Licence());
  EXPECT_EQ(licence_in("Trained on Opus data"), Licence());
}

TEST(Licence, OfAFolderIsInItsDocuments) {
  const TemporaryFolder folder;
  EXPECT_EQ(licence_of_folder(folder.path()), Licence());
  write_file(folder / "README.md", "Data: CC-BY-NC 2.0");
  EXPECT_EQ(licence_of_folder(folder.path()), (Licence{"CC-BY-NC 2.0", true}));
  write_file(folder / "LICENSE", std::string(300 << 10, 'x') + "\nMIT License");
  EXPECT_EQ(licence_of_folder(folder.path()).name, "CC-BY-NC 2.0") << "too long to be looked at";
  write_file(folder / "LICENSE", "MIT License");
  EXPECT_EQ(licence_of_folder(folder.path()), (Licence{"MIT", false}));
}

}  // namespace
}  // namespace voxlate::translation
