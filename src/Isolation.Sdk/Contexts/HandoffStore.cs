using System.Globalization;
using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Contexts;

internal sealed class HandoffStore(GitRepository repository)
{
    public const int MaxNoteBytes = 64 * 1024;

    private const int Tries = 10;
    private const string Prefix = "refs/isolation/handoffs/";
    private string? _emptyTree;

    public async Task<Handoff> AppendAsync(
        AttemptId attempt,
        string note,
        CancellationToken cancellationToken = default
    )
    {
        string text = note.Replace('\0', ' ').ReplaceLineEndings("\n").Trim('\n');
        if (string.IsNullOrWhiteSpace(text) || Encoding.UTF8.GetByteCount(text) > MaxNoteBytes)
        {
            throw Refuse(
                ContextCodes.NoteTooLong,
                attempt,
                $"A handoff note of {attempt} is empty or has more than {MaxNoteBytes / 1024} KiB.",
                "Leave a short note; put what is long into a file and commit it."
            );
        }

        string slug = Slug.Of(attempt.Item);
        string name = Name(slug, attempt.Number);
        for (int i = 0; i < Tries; i++)
        {
            IReadOnlyDictionary<string, string> refs = await ListAsync(slug, cancellationToken).ConfigureAwait(false);
            if (Newest(refs.Keys) > attempt.Number)
            {
                throw Refuse(
                    ContextCodes.NotTheNewest,
                    attempt,
                    $"A newer attempt than {attempt} exists; its notes count, not this one's.",
                    "Leave notes from the newest attempt only."
                );
            }

            string? parent = refs.GetValueOrDefault(name);
            string commit = await WriteAsync(text, parent, cancellationToken).ConfigureAwait(false);
            // Checked again in the same transaction: the next attempt may be issued between the look and the write.
            RefTransaction move = new RefTransaction().Verify(
                AttemptNames.RefName(attempt with { Number = attempt.Number + 1 }),
                repository.NullId
            );
            move = parent is null ? move.Create(name, commit) : move.Update(name, commit, parent);
            if (await repository.TryUpdateAsync(move, cancellationToken).ConfigureAwait(false))
            {
                return new Handoff(attempt, commit, text);
            }
        }

        throw Refuse(
            GitCodes.RefMoved,
            attempt,
            $"'{name}' kept moving while a note was added.",
            "Let one flow of a worker leave its notes."
        );
    }

    // What an earlier, failed attempt left is not about the work that landed.
    public async Task<IReadOnlyList<Handoff>> ReadAsync(string item, CancellationToken cancellationToken = default)
    {
        string slug = Slug.Of(item);
        IReadOnlyDictionary<string, string> refs = await ListAsync(slug, cancellationToken).ConfigureAwait(false);
        int newest = Newest(refs.Keys);
        if (!refs.TryGetValue(Name(slug, newest), out string? tip))
        {
            return [];
        }

        GitResult log = await repository
            .RunAsync(
                cancellationToken,
                "log",
                "-z",
                "--reverse",
                "--no-show-signature",
                "--no-color",
                "--encoding=UTF-8",
                "--format=%H%n%B",
                tip,
                "--"
            )
            .ConfigureAwait(false);
        AttemptId from = new(item, newest);
        return [.. log.Fields.Select(f => f.Split('\n', 2)).Select(p => new Handoff(from, p[0], p[1].Trim('\n')))];
    }

    private static IsolationException Refuse(string code, AttemptId attempt, string message, string remedy) =>
        new(code, message, remedy) { Attempt = attempt };

    private static string Name(string slug, int number) => $"{Prefix}{slug}/{number}";

    private static int Newest(IEnumerable<string> names) =>
        names
            .Select(n =>
                int.TryParse(
                    n.AsSpan(n.LastIndexOf('/') + 1),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out int number
                )
                    ? number
                    : 0
            )
            .DefaultIfEmpty()
            .Max();

    private Task<IReadOnlyDictionary<string, string>> ListAsync(string slug, CancellationToken cancellationToken) =>
        repository.ListRefsAsync(cancellationToken, $"{Prefix}{slug}/", $"{AttemptNames.AttemptsPrefix}{slug}/");

    private async Task<string> WriteAsync(string text, string? parent, CancellationToken cancellationToken)
    {
        _emptyTree ??= await repository.WriteObjectAsync("", cancellationToken, ["mktree"]).ConfigureAwait(false);
        return await repository
            .WriteObjectAsync(
                text + "\n",
                cancellationToken,
                [
                    "-c",
                    "i18n.commitEncoding=UTF-8",
                    "commit-tree",
                    _emptyTree,
                    .. parent is null ? Array.Empty<string>() : ["-p", parent],
                ]
            )
            .ConfigureAwait(false);
    }
}
