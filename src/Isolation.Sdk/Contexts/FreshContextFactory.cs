using System.Text;

namespace Isolation.Sdk.Contexts;

internal sealed class FreshContextFactory : IContextFactory
{
    public const string FileName = "briefing.md";

    private readonly int? _budget;
    private readonly int _conflictTokens;
    private readonly string _preamble;
    private readonly string[] _references;
    private readonly Func<string, int> _estimate;
    private readonly TimeProvider _time;

    public FreshContextFactory(FreshContextOptions options, TimeProvider time)
    {
        (_budget, _conflictTokens, _preamble, _references) = (
            options.TokenBudget,
            options.MaxConflictTokens,
            options.Preamble,
            [.. options.References]
        );
        _estimate = options.EstimateTokens ?? FreshContextOptions.EstimateByBytes;
        _time = time;
    }

    public ValueTask<ProbeResult> ProbeAsync(RepositoryRef repository, CancellationToken cancellationToken = default)
    {
        IsolationFault[] missing =
        [
            .. _references
                .Where(r => Path.IsPathFullyQualified(r) && !File.Exists(r))
                .Select(r => ReferenceFile.Fault(r, "there is no such file")),
        ];
        return ValueTask.FromResult(new ProbeResult(IsolationGuarantees.Context, IsolationGuarantees.None, missing));
    }

    public async ValueTask<WorkerContext> CreateAsync(
        ContextRequest request,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        List<ReferenceFile> references = [];
        foreach (string reference in _references)
        {
            references.Add(
                await ReferenceFile
                    .ReadAsync(reference, request.Workspace.Path, cancellationToken)
                    .ConfigureAwait(false)
            );
        }

        (string briefing, int tokens) = Write(request, references);
        if (tokens > _budget)
        {
            throw new IsolationException(
                ContextCodes.OverBudget,
                $"The briefing of {request.Attempt} has about {tokens} tokens, over its budget of {_budget}.",
                "Shorten the instructions, declare fewer references, split the item, or raise TokenBudget."
            )
            {
                Attempt = request.Attempt,
            };
        }

        string file = await RenderAsync(request, briefing, cancellationToken).ConfigureAwait(false);
        return WorkerContext.Create(request.Attempt, briefing, file, tokens, _budget, _time);
    }

    // As much of the earlier conflict as there is room for: what is asked comes first.
    private (string Briefing, int Tokens) Write(ContextRequest request, IReadOnlyList<ReferenceFile> references)
    {
        string without = BriefingWriter.Write(request, _preamble, references, conflictFiles: null);
        int tokens = _estimate(without);
        int room = Math.Min(_conflictTokens, (_budget ?? int.MaxValue) - tokens);
        for (
            int files = request.Conflict?.Files.Count ?? -1;
            files >= 0 && room > 0;
            files = files == 0 ? -1 : files / 2
        )
        {
            string briefing = BriefingWriter.Write(request, _preamble, references, files);
            if (_estimate(briefing) is int all && all - tokens <= room)
            {
                return (briefing, all);
            }
        }

        return (without, tokens);
    }

    private static async Task<string> RenderAsync(
        ContextRequest request,
        string briefing,
        CancellationToken cancellationToken
    )
    {
        string folder = Path.GetFullPath(request.State.Temp);
        string work = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Workspace.Path));
        if (folder == work || folder.StartsWith(work + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new IsolationException(
                ContextCodes.BriefingInWorkTree,
                $"The temp folder of {request.Attempt} lies in its work tree; a briefing there could be committed.",
                "Use a state sandbox whose folders lie outside the workspace."
            )
            {
                Attempt = request.Attempt,
            };
        }

        string path = Path.Combine(folder, FileName);
        Directory.CreateDirectory(folder);
        // A run that goes on finds the one before; created anew, it cannot be a link to somewhere else.
        File.Delete(path);
        FileStreamOptions fresh = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            fresh.UnixCreateMode = UnixFileMode.UserRead;
        }

        FileStream file = new(path, fresh);
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(briefing), cancellationToken).ConfigureAwait(false);
        }

        return path;
    }
}
