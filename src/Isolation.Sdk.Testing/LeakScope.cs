namespace Isolation.Sdk.Testing;

/// <summary>Where a <see cref="LeakSnapshot"/> looks, beside the repository and its worktrees, refs and
/// leases.</summary>
public sealed class LeakScope
{
    /// <summary>Folders whose direct entries are compared, and under which no process may stay. <value>The folder that
    /// holds the repository.</value></summary>
    public IReadOnlyList<string> Folders { get; set; } = [];

    /// <summary>An environment variable that marks processes to look for, as <c>NAME</c> or <c>NAME=value</c>.
    /// <value>null: processes are found by their directory and command line alone.</value></summary>
    public string? ProcessMarker { get; set; }

    /// <summary>TCP ports that nobody may listen on afterwards. <value>None: ports are found by the processes that hold
    /// them.</value></summary>
    public IReadOnlyList<int> Ports { get; set; } = [];

    /// <summary>Entries of <see cref="Folders"/> that may appear, by file name. <value>None.</value></summary>
    public IReadOnlyList<string> MayAppear { get; set; } = [];

    /// <summary>How long something may take to go by itself. <value>Two seconds.</value></summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(2);
}
