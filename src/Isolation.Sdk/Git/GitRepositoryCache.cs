using System.Collections.Concurrent;

namespace Isolation.Sdk.Git;

/// <summary>Opening costs three git processes, and everybody starts at the same moment.</summary>
internal sealed class GitRepositoryCache((string Name, string Email)? author = null, GitRepository? opened = null)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<GitRepository>>> _repositories = new(
        opened is null ? [] : [new(opened.Reference.Path, new Lazy<Task<GitRepository>>(Task.FromResult(opened)))]
    );

    public async Task<GitRepository> OpenAsync(string path, CancellationToken cancellationToken = default)
    {
        Lazy<Task<GitRepository>> opening = _repositories.GetOrAdd(path, p => new Lazy<Task<GitRepository>>(() =>
            OpenWithAuthorAsync(p)
        ));
        try
        {
            GitRepository repository = await opening.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            _repositories.TryAdd(repository.Reference.Path, opening);
            return repository;
        }
        catch when (opening.Value.IsFaulted)
        {
            _repositories.TryRemove(path, out _);
            throw;
        }
    }

    private async Task<GitRepository> OpenWithAuthorAsync(string path)
    {
        GitRepository repository = await GitOpener.OpenAsync(path, CancellationToken.None).ConfigureAwait(false);
        return author is { } own
            ? repository with
            {
                Client = new GitClient(repository.Client.Environment.WithAuthor(own.Name, own.Email)),
            }
            : repository;
    }
}
