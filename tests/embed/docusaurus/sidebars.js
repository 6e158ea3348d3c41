module.exports = { docs: ["index", "other"] };
