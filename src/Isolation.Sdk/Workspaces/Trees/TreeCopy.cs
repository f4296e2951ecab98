using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces.Trees;

/// <summary>Copies the files of an index from one folder to another, several at once, and writes down what <c>stat</c> says of the copies.</summary>
internal static class TreeCopy
{
    /// <summary>Copies everything.</summary>
    /// <param name="index">The files, with the stat data they must have in <paramref name="from"/>; what is not in it is not copied.</param>
    /// <param name="from">A prepared tree.</param>
    /// <param name="to">A folder that exists and has none of the files.</param>
    /// <param name="stamp">The time of writing that files and folders get, whole seconds.</param>
    /// <param name="share">Whether blocks are shared (reflink) instead of copied.</param>
    /// <param name="cancellationToken">Ends the work; what is copied stays.</param>
    /// <exception cref="IOException">No space, no inodes, too long a path, …</exception>
    public static Task<CopyOutcome> RunAsync(IndexFile index, string from, string to, DateTimeOffset stamp, bool share, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Gives files one time of writing, and the index what <c>stat</c> says of them then; their folders get that time, too.</summary>
    /// <param name="index">Its entries are changed.</param>
    /// <param name="folder">Where the files are.</param>
    /// <param name="stamp">The time, whole seconds.</param>
    /// <param name="entries">Those that were written; <see langword="null"/> for all.</param>
    public static void Settle(IndexFile index, string folder, DateTimeOffset stamp, IReadOnlyCollection<int>? entries = null) => throw new NotImplementedException();
}

/// <summary>How a copy went.</summary>
/// <param name="Index">The index of the copy; <see langword="null"/> when the source was not what its index says.</param>
/// <param name="Altered">The first file of the source that was not.</param>
internal sealed record CopyOutcome(IndexFile? Index, string? Altered);
