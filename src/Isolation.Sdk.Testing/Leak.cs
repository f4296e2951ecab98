namespace Isolation.Sdk.Testing;

/// <summary>Something that is there now and was not before.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="What">Which one, exactly: a path, a ref with its commit, a process with its command line, a
/// port.</param>
public sealed record Leak(LeakKind Kind, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {What}";
}

/// <summary>What leaked.</summary>
public enum LeakKind
{
    /// <summary>A registered worktree.</summary>
    Worktree,

    /// <summary>A branch.</summary>
    Branch,

    /// <summary>Another ref.</summary>
    Ref,

    /// <summary>A lease record.</summary>
    Lease,

    /// <summary>A running process.</summary>
    Process,

    /// <summary>A file or folder.</summary>
    File,

    /// <summary>A TCP port that is listened on.</summary>
    Port,
}
