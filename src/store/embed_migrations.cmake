# Writes OUTPUT, a C++ file that holds the text of each of FILES, in order, as `store::migrations()`.
set(entries "")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  string(APPEND entries "      R\"sql(${text})sql\",\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"store/schema.h\"

namespace voxlate::store {

// NOLINTNEXTLINE(readability-function-size): generated
std::vector<const char*> migrations() {
  return {
${entries}  };
}

}  // namespace voxlate::store
")
