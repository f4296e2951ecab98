using System.Diagnostics;

namespace Isolation.Sdk.Testing;

/// <summary>A real git repository in a temp folder, free of the host's git config, gone when disposed.</summary>
public sealed class ThrowawayRepository : IAsyncDisposable
{
    private ThrowawayRepository(string root) => Root = root;

    /// <summary>The folder that holds everything, the repository's siblings included.</summary>
    public string Root { get; }

    /// <summary>The checkout.</summary>
    public string Path => System.IO.Path.Combine(Root, "repo");

    /// <summary>Makes a repository with one commit on <c>main</c>.</summary>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<ThrowawayRepository> CreateAsync(CancellationToken cancellationToken = default)
    {
        ThrowawayRepository made = new(Directory.CreateTempSubdirectory("isolation-").FullName);
        Directory.CreateDirectory(made.Path);
        await made.GitAsync(["init", "-q", "-b", "main"], cancellationToken).ConfigureAwait(false);
        await made.CommitAsync("Start", new Dictionary<string, string> { ["README.md"] = "# Throwaway\n" }, cancellationToken).ConfigureAwait(false);
        return made;
    }

    /// <summary>Writes files and commits them on the checked-out branch.</summary>
    /// <param name="message">The commit's message.</param>
    /// <param name="files">Content by path.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The commit's full id.</returns>
    public async Task<string> CommitAsync(string message, IReadOnlyDictionary<string, string> files, CancellationToken cancellationToken = default)
    {
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
    public Task<string> GitAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default) => GitInAsync(Path, arguments, cancellationToken);

    /// <summary>Runs plain git in some directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Standard output without the newline at its end.</returns>
    public static async Task<string> GitInAsync(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        ProcessStartInfo start = new("git", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("GIT_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in new Dictionary<string, string> { ["GIT_CONFIG_NOSYSTEM"] = "1", ["GIT_CONFIG_GLOBAL"] = "/dev/null", ["GIT_AUTHOR_NAME"] = "Test", ["GIT_AUTHOR_EMAIL"] = "test@localhost", ["GIT_COMMITTER_NAME"] = "Test", ["GIT_COMMITTER_EMAIL"] = "test@localhost" })
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return process.ExitCode == 0 ? output.TrimEnd('\n') : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {process.ExitCode}: {await error.ConfigureAwait(false)}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Leasing.SafeDelete.Tree(Root);
        return ValueTask.CompletedTask;
    }
}
