namespace Isolation.Sdk.Leaks;

/// <summary>The repository that the two workers share, a home of a host's, and a word of their own; gone when
/// disposed.</summary>
internal sealed class LeakFixture : IAsyncDisposable
{
    private LeakFixture(ThrowawayRepository repository) =>
        (Repository, WorkersDirectory) = (repository, repository.Path + ".workers");

    public ThrowawayRepository Repository { get; }

    /// <summary>A word for names that must not meet those of other probes: files in <c>/tmp</c>, sockets.</summary>
    public string UniqueName { get; } = "leak-" + Guid.NewGuid().ToString("n")[..12];

    /// <summary>The home of the user who runs the host: never this machine's real one.</summary>
    public string Home => Path.Combine(Repository.Root, "home");

    /// <summary>Where the workspaces are.</summary>
    public string WorkersDirectory { get; set; }

    /// <summary>What the workers start from.</summary>
    public string Base { get; set; } = "main";

    /// <summary>What the host's own environment is.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The words by which a plain host starts a command: what it is itself, its commands become.</summary>
    public IReadOnlyList<string> Launcher { get; set; } = [];

    /// <summary>What has to be undone when the probe is over, the last one first.</summary>
    public Stack<Action> Undo { get; } = [];

    /// <summary>A command as a plain host starts it.</summary>
    public WorkerCommand ViaLauncher(WorkerCommand command) =>
        Launcher is [string first, ..]
            ? WorkerCommand.Of(first, [.. Launcher.Skip(1), command.File, .. command.Arguments]) with
            {
                Environment = command.Environment,
            }
            : command;

    public static async Task<LeakFixture> CreateAsync(CancellationToken cancellationToken)
    {
        LeakFixture place = new(await ThrowawayRepository.CreateAsync(cancellationToken).ConfigureAwait(false));
        try
        {
            await place.FillAsync(cancellationToken).ConfigureAwait(false);
            return place;
        }
        catch
        {
            await place.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        while (Undo.TryPop(out Action? undo))
        {
            undo();
        }

        return Repository.DisposeAsync();
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Home);
        await File.WriteAllTextAsync(
                Path.Combine(Home, ".gitconfig"),
                "[user]\n\tname = Host\n\temail = host@example.invalid\n",
                cancellationToken
            )
            .ConfigureAwait(false);
        await Repository
            .CommitAsync(
                "Something to work on",
                new Dictionary<string, string> { ["f1"] = "one\n", ["f2"] = "two\n" },
                cancellationToken
            )
            .ConfigureAwait(false);
        foreach (string name in new[] { "PATH", "LANG", "DOTNET_ROOT", "TERM" })
        {
            if (System.Environment.GetEnvironmentVariable(name) is { } value)
            {
                Environment[name] = value;
            }
        }

        Environment["HOME"] = Home;
        Environment["SECRET_OF_HOST"] = "planted-" + UniqueName;
    }
}
