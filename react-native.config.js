// Where React Native's autolinking finds the modules of Android and iOS in this package.

module.exports = {
  dependency: {
    platforms: {
      android: { sourceDir: "bindings/react-native/android" },
      ios: { podspecPath: require("node:path").join(__dirname, "bindings/react-native/tessera-im.podspec") },
    },
  },
};
