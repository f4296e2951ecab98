using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>
/// One ref to a commit without files, whose parent is the entry before. Who moves it decides what becomes of the
/// intent in it: a landing moves it in the same transaction as the target, so that a git process which outlives its
/// actor cannot land what the next actor has dropped.
/// </summary>
internal sealed class LandingJournal(QueueContext context)
{
    private string? _tip;
    private string? _last;
    private bool _known;

    private GitRepository Repository => context.Repository;

    public string Ref { get; } = $"refs/isolation/mq/{context.Names.QueueSlug}/journal";

    public string Backup { get; } = $"refs/isolation/mq/{context.Names.QueueSlug}/backup";

    private string EmptyTree =>
        Repository.ObjectFormat == "sha256"
            ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
            : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    public async Task<JournalEntry?> ReadAsync(CancellationToken cancellationToken)
    {
        GitResult answer = await Repository
            .RunAsync(cancellationToken, "for-each-ref", "--format=%(objectname)%00%(parent)%00%(contents)", Ref)
            .ConfigureAwait(false);
        string[] fields = answer.Output.Split('\0', 3);
        JournalEntry? entry = fields.Length < 3 ? null : JournalEntry.Parse(fields[2]);
        JournalEntry? intent = entry is { State: JournalState.Intent } ? entry : null;
        _tip = fields.Length < 3 ? null : fields[0];
        _last =
            intent is null ? _tip
            : fields[1].Split(' ')[0] is { Length: > 0 } parent ? parent
            : null;
        _known = true;
        return intent;
    }

    public async Task<string?> BeginAsync(JournalEntry intent, CancellationToken cancellationToken)
    {
        if (!_known)
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        string[] written = await WriteAsync([intent, intent with { State = JournalState.Landed }], cancellationToken)
            .ConfigureAwait(false);
        return await MoveAsync(written[0], cancellationToken).ConfigureAwait(false) ? written[1] : null;
    }

    public RefTransaction End(RefTransaction transaction, string entry) => transaction.Update(Ref, entry, _tip!);

    public void Ended(string entry) => (_tip, _last) = (entry, entry);

    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (_tip is not null && _tip != _last)
        {
            RefTransaction back = _last is null
                ? new RefTransaction().Delete(Ref, _tip)
                : new RefTransaction().Update(Ref, _last, _tip);
            _known = await Repository.UpdateDurablyAsync(back, cancellationToken).ConfigureAwait(false) is null;
            _tip = _last;
        }
    }

    public async Task<string> WriteAsync(JournalEntry entry, CancellationToken cancellationToken) =>
        (await WriteAsync([entry], cancellationToken).ConfigureAwait(false))[0];

    public static async Task<JournalItem?> FindAsync(
        QueueLayout names,
        AttemptId attempt,
        CancellationToken cancellationToken
    )
    {
        string name = LandingMessage.Name(attempt);
        GitResult answer = await names
            .Repository.RunAsync(
                cancellationToken,
                "log",
                "-z",
                "--fixed-strings",
                $"--grep={LandingMessage.AttemptTrailer}: {name}",
                "--format=%B",
                $"--glob=refs/isolation/mq/{names.QueueSlug}/journa[l]"
            )
            .ConfigureAwait(false);
        return answer
            .Fields.Select(JournalEntry.Parse)
            .Where(e => e is { State: JournalState.Landed } && e.Target == names.Target)
            .SelectMany(e => e!.Items)
            .FirstOrDefault(i => LandingMessage.Name(i.Attempt) == name);
    }

    public async Task<bool> MoveAsync(string commit, CancellationToken cancellationToken)
    {
        RefTransaction move = _tip is null
            ? new RefTransaction().Create(Ref, commit)
            : new RefTransaction().Update(Ref, commit, _tip);
        _known = await Repository.UpdateDurablyAsync(move, cancellationToken).ConfigureAwait(false) is null;
        _tip = _known ? commit : _tip;
        return _known;
    }

    private async Task<string[]> WriteAsync(JournalEntry[] entries, CancellationToken cancellationToken)
    {
        if (_last is null)
        {
            await Repository
                .WriteObjectAsync("", cancellationToken, ["hash-object", "-w", "-t", "tree", "--stdin"])
                .ConfigureAwait(false);
        }

        string folder = Path.Combine(context.Names.MergeFolder, "journal");
        Directory.CreateDirectory(folder);
        string[] files = [.. entries.Select((_, i) => Path.Combine(folder, $"{i}"))];
        for (int i = 0; i < entries.Length; i++)
        {
            await File.WriteAllTextAsync(files[i], Commit(entries[i]), cancellationToken).ConfigureAwait(false);
        }

        string written = await Repository
            .WriteObjectAsync(
                string.Concat(files.Select(f => f + "\n")),
                cancellationToken,
                ["hash-object", "-w", "-t", "commit", "--no-filters", "--stdin-paths"]
            )
            .ConfigureAwait(false);
        return written.Split('\n');
    }

    private string Commit(JournalEntry entry)
    {
        IReadOnlyDictionary<string, string> environment = Repository.Client.Environment.For(remote: false);
        string who =
            $"{Plain(environment["GIT_COMMITTER_NAME"])} <{Plain(environment["GIT_COMMITTER_EMAIL"])}> "
            + $"{context.Time.GetUtcNow().ToUnixTimeSeconds()} +0000";
        string parent = _last is null ? "" : $"parent {_last}\n";
        return $"tree {EmptyTree}\n{parent}author {who}\ncommitter {who}\n\n{entry.ToMessage()}";
    }

    private static string Plain(string text) =>
        string.Concat(text.Where(c => c is not ('<' or '>' or '\n' or '\0'))).Trim();
}
