// Stands in for react-devtools-core, which ink asks for only when DEV is set.
export default {};
