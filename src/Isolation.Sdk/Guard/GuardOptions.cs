namespace Isolation.Sdk.Guard;

/// <summary>What the contamination guard does with what changes while workers run.</summary>
public sealed class GuardOptions
{
    /// <summary>
    /// Whether attempts are also held for what may be a person's own work: the canonical checkout's files, index and
    /// HEAD, other branches, tags, the stash, settings that change nobody's work. Otherwise that is in the reports and
    /// holds nobody. <value>false</value>
    /// </summary>
    public bool HoldUnattributed { get; set; }

    /// <summary>
    /// Whether to put back what changed while workers ran and belongs to none of them, where that is safe: other refs
    /// (by compare-and-swap; what they were moved to stays pinned), config, hooks, <c>info/</c>, barrier files, and
    /// locks that nobody holds. What a person changed by hand meanwhile is put back, too. <value>false</value>
    /// </summary>
    public bool Restore { get; set; }

    /// <summary>
    /// Names or prefixes of refs that are not looked at, as <c>refs/mytool/</c>, besides those that git and known tools
    /// keep for themselves: <c>refs/remotes/</c>, <c>refs/prefetch/</c>, <c>refs/jj/</c>, <c>refs/gitbutler/</c>, ….
    /// </summary>
    public IList<string> IgnoredRefs { get; } = [];

    internal IEnumerable<IsolationFault> Validate() =>
        IgnoredRefs
            .Where(r =>
                r is null || r.Length < 7 || !r.StartsWith("refs/", StringComparison.Ordinal) || r.Contains("..")
            )
            .Select(r => new IsolationFault(
                GuardCodes.BadOption,
                $"{nameof(GuardOptions)}.{nameof(IgnoredRefs)} has '{IO.PlainText.SingleLine(r ?? "", 100)}'.",
                "Give full names or prefixes that begin with refs/ and say which."
            ));
}
