namespace Isolation.Sdk.Workspaces;

/// <summary>
/// What happens to files that a worker made and git ignores: they are in no commit. They are kept beside the worker's
/// log, in <c>&lt;attempt&gt;.ignored</c>, unless they are a tool's cache or were copied in.
/// </summary>
public sealed class IgnoredFilesOptions
{
    /// <summary>
    /// The maximum number of bytes to keep of one attempt. If there is more, its workspace is kept instead.
    /// <value>32 MiB; with 0 ignored files go with the workspace.</value>
    /// </summary>
    public long MaxBytes { get; set; } = 32L << 20;

    /// <summary>
    /// Names of files and folders that any tool makes again and that are not kept; <c>*</c> stands for anything.
    /// A folder with a <c>CACHEDIR.TAG</c> or a <c>pyvenv.cfg</c> is one whatever its name. <value><c>node_modules</c>,
    /// <c>bin</c>, <c>obj</c>, <c>target</c>, <c>build</c>, <c>dist</c>, <c>.venv</c>, <c>__pycache__</c>,
    /// <c>.cache</c>, and more</value>
    /// </summary>
    public IList<string> Caches { get; } =
        new List<string>(
            (
                "node_modules bin obj target build dist .venv venv __pycache__ .cache .pytest_cache .mypy_cache "
                + ".ruff_cache .tox .nox .eggs *.egg-info *.pyc *.pyo *.o *.class .gradle .next .nuxt "
                + ".svelte-kit .turbo .parcel-cache .angular .yarn .pnpm-store bower_components "
                + ".terraform .vs .idea *.tsbuildinfo "
                + ".eslintcache .DS_Store Thumbs.db desktop.ini *.swp *~"
            ).Split(' ')
        );
}
