namespace Isolation.Sdk.Merging;

/// <summary>First come, first merged: no gate, and who collides with what has landed gets the conflict.</summary>
public sealed class FirstWinsOptions : MergeOptions;
