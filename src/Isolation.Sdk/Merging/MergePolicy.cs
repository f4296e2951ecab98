namespace Isolation.Sdk.Merging;

internal enum MergePreset
{
    FirstWins,
    Manual,
    SerialQueue,
    Refinery,
}

internal sealed record MergePolicy(MergePreset Preset, MergeQueueOptions Options)
{
    private bool IsRefinery => Preset == MergePreset.Refinery;

    private bool Tests => Preset is MergePreset.SerialQueue or MergePreset.Refinery;

    public bool NeedsApproval => Options.RequireApproval || Preset == MergePreset.Manual;

    public bool NeedsGate => Gates.Count > 0 || Tests;

    public IList<MergeGate> Gates => Options.Gates;

    public int MaxConcurrency => Options.MaxConcurrency ?? (IsRefinery ? 4 : 1);

    // null for what measurement says.
    public int? BatchSize => Options.TestEveryCommit ? 1 : Options.BatchSize ?? (IsRefinery ? null : 1);

    public bool RetryFailedGates => Options.RetryFailedGates ?? IsRefinery;

    public bool TestsTarget => IsRefinery;

    // Where nothing is tested or pushed, the target's own history tells everything after a crash.
    public bool Journals { get; init; } =
        Preset is MergePreset.SerialQueue or MergePreset.Refinery
        || Options.Gates.Count > 0
        || Options.PushTargetTo is not null
        || Options.Mode == MergeMode.FastForward;

    public IEnumerable<IsolationFault> Validate()
    {
        foreach (IsolationFault fault in Options.Validate())
        {
            yield return fault;
        }

        if (NeedsGate && Gates.Count == 0)
        {
            yield return new IsolationFault(
                MergingCodes.NoGate,
                "MergeQueueOptions.Gates is empty, so the queue would land what nobody tested.",
                "Add one: o.Gates.Add(\"dotnet\", \"test\"), or use .Merging.UseFirstWins()."
            );
        }

        if (Preset == MergePreset.FirstWins && Gates.Count > 0)
        {
            yield return new IsolationFault(
                MergingCodes.BadOptions,
                "MergeQueueOptions.Gates is set, and first-wins tests nothing.",
                "Use .Merging.UseSerialQueue(…) or .UseRefinery(…)."
            );
        }
    }
}
