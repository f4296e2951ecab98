namespace Isolation.Sdk.Testing;

/// <summary>A real git repository in a temp folder, free of the host's git config, gone when disposed; the next one
/// made sweeps it away if this process is killed first.</summary>
public sealed class ThrowawayRepository : IAsyncDisposable
{
    private readonly ThrowawayFolder _folder;

    private ThrowawayRepository(ThrowawayFolder folder) => _folder = folder;

    /// <summary>The folder that holds everything, the repository's siblings included.</summary>
    public string Root => _folder.Path;

    /// <summary>The checkout.</summary>
    public string Path => System.IO.Path.Combine(Root, "repo");

    /// <summary>The repository, as the axes want it.</summary>
    public RepositoryRef Reference => new(Path);

    /// <summary>Makes a repository with one commit on <c>main</c>, the same commit every time.</summary>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<ThrowawayRepository> CreateAsync(CancellationToken cancellationToken = default)
    {
        ThrowawayRepository made = new(ThrowawayFolder.Create("repo"));
        try
        {
            await RepositoryTemplate
                .CopyToAsync(made.Path, TimeProvider.System, cancellationToken)
                .ConfigureAwait(false);
            return made;
        }
        catch
        {
            await made.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes files and commits them on the checked-out branch, together with everything else that is not
    /// committed yet.</summary>
    /// <param name="message">The commit's message.</param>
    /// <param name="files">Content by path.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The commit's full id.</returns>
    public async Task<string> CommitAsync(
        string message,
        IReadOnlyDictionary<string, string> files,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach ((string path, string content) in files)
        {
            string full = System.IO.Path.Combine(Path, path);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            await File.WriteAllTextAsync(full, content, cancellationToken).ConfigureAwait(false);
        }

        await GitAsync(["add", "-A"], cancellationToken).ConfigureAwait(false);
        await GitAsync(["commit", "-q", "--allow-empty", "-m", message], cancellationToken).ConfigureAwait(false);
        return await GitAsync(["rev-parse", "HEAD"], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs plain git in the checkout.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Standard output without the newline at its end.</returns>
    /// <exception cref="InvalidOperationException">Git ended with another code than 0; the message has what it
    /// said.</exception>
    public Task<string> GitAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default) =>
        GitInAsync(Path, arguments, cancellationToken);

    /// <summary>Runs plain git in some directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Standard output without the newline at its end.</returns>
    /// <exception cref="InvalidOperationException">Git ended with another code than 0; the message has what it
    /// said.</exception>
    public static Task<string> GitInAsync(
        string directory,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return PlainGit.RunAsync(directory, arguments, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
