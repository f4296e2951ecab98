using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// The repository of a submodule, as a repository.
internal static class SubmoduleModule
{
    public static GitRepository Of(GitRepository repository, string gitDirectory, GitSettings settings) =>
        repository with
        {
            CommonDirectory = gitDirectory,
            GitDirectory = gitDirectory,
            TopLevel = null,
            IsBare = true,
            ObjectFormat = settings.LastOrDefault(s => s.Key == "extensions.objectformat").Value is "sha256"
                ? "sha256"
                : "sha1",
        };
}
