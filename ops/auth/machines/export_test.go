package machines

// Credentials is for fuzzing.
var Credentials = credentials
