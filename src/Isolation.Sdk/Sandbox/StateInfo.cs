namespace Isolation.Sdk.Sandbox;

/// <summary>What a state scope holds.</summary>
/// <param name="Home">The worker's HOME.</param>
/// <param name="Temp">The worker's folder for temporary files.</param>
/// <param name="Environment">Every variable a command starts with, and where each came from.</param>
/// <param name="Ports">The leased TCP ports by name.</param>
public sealed record StateInfo(
    string Home,
    string Temp,
    IReadOnlyList<EnvironmentEntry> Environment,
    IReadOnlyDictionary<string, int> Ports
);
