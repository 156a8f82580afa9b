// Where React Native's autolinking finds the module of Android in this package. That of iOS it finds by itself, by the
// podspec at the package's top.

module.exports = {
  dependency: {
    platforms: {
      android: { sourceDir: "bindings/react-native/android" },
    },
  },
};
