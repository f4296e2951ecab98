namespace Isolation.Sdk.Platform;

/// <summary>A limit that ended a command, and what enforced it.</summary>
internal sealed record LimitHit(string Name, string Mechanism);
