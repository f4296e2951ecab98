namespace Isolation.Sdk.Sandboxing;

/// <summary>Everything there is to know to start a command.</summary>
/// <param name="File">The program's absolute path.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Directory">The absolute directory it starts in.</param>
/// <param name="Environment">Its whole environment.</param>
/// <param name="OpenInput">Whether the caller writes to its standard input.</param>
/// <param name="Log">Where its output goes; <see langword="null"/> for the caller.</param>
internal sealed record Launch(string File, IReadOnlyList<string> Arguments, string Directory, IReadOnlyDictionary<string, string> Environment, bool OpenInput, BoundedLog? Log);
