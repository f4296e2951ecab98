using System.Collections.Concurrent;
using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The source of the core as the compiler understands it: which types a file declares, and which it refers
/// to.</summary>
/// <remarks>Source generators do not run here: what they write is nobody's design.</remarks>
internal sealed class CoreCode
{
    private const string Folder = "src/Isolation.Sdk/";

    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Net.Http; global using System.Threading; "
        + "global using System.Threading.Tasks;";

    private readonly Dictionary<SyntaxTree, string> _paths;
    private readonly ConcurrentDictionary<SyntaxTree, SemanticModel> _models = new();

    private CoreCode(CSharpCompilation compilation, Dictionary<SyntaxTree, string> paths) =>
        (Compilation, _paths) = (compilation, paths);

    public CSharpCompilation Compilation { get; }

    /// <summary>The trees, with their paths below the project's folder.</summary>
    public IEnumerable<(SyntaxTree Tree, string Path)> Files => _paths.Select(p => (p.Key, p.Value));

    /// <summary>All types that the project declares, nested ones included.</summary>
    public IEnumerable<INamedTypeSymbol> Types => Declared(Compilation.Assembly.GlobalNamespace);

    private static Lazy<Task<CoreCode>> Shared { get; } = new(() => ReadAsync());

    /// <summary>The project as it is; read once for all gates.</summary>
    public static Task<CoreCode> ReadSharedAsync() => Shared.Value;

    /// <summary>Some files, by their paths below the project's folder.</summary>
    public static CoreCode Of(params (string Path, string Text)[] files)
    {
        CSharpParseOptions parse = new(LanguageVersion.Latest, preprocessorSymbols: ["NET10_0_OR_GREATER"]);
        Dictionary<SyntaxTree, string> paths = files.ToDictionary(
            f => CSharpSyntaxTree.ParseText(f.Text, parse, f.Path),
            f => f.Path
        );
        return new CoreCode(
            CSharpCompilation.Create(
                "Isolation.Sdk",
                [.. paths.Keys, CSharpSyntaxTree.ParseText(Usings, parse)],
                Snippet.References.Where(r => !r.Display!.EndsWith("Isolation.Sdk.dll", StringComparison.Ordinal)),
                new CSharpCompilationOptions(
                    OutputKind.DynamicallyLinkedLibrary,
                    allowUnsafe: true,
                    nullableContextOptions: NullableContextOptions.Enable
                )
            ),
            paths
        );
    }

    /// <summary>The first folder of a path, empty for the project's own.</summary>
    public static string FolderOf(string path) =>
        path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : "";

    /// <summary>The file that declares a type, or the type around it; <see langword="null"/> for types of
    /// others.</summary>
    public string? PathOf(ITypeSymbol type) =>
        type.DeclaringSyntaxReferences is [{ } first, ..] ? _paths.GetValueOrDefault(first.SyntaxTree) : null;

    /// <summary>What the names in a file mean. It remembers: gates ask for the same ones.</summary>
    public SemanticModel ModelOf(SyntaxTree tree) => _models.GetOrAdd(tree, t => Compilation.GetSemanticModel(t));

    /// <summary>The project's own types that a file refers to by a name or a member, each with the line.</summary>
    public IEnumerable<(INamedTypeSymbol Type, int Line)> ReferencesOf(SyntaxTree tree)
    {
        SemanticModel model = ModelOf(tree);
        foreach (
            SimpleNameSyntax name in tree.GetRoot()
                .DescendantNodes(n => n is not UsingDirectiveSyntax)
                .OfType<SimpleNameSyntax>()
        )
        {
            ISymbol? symbol = model.GetSymbolInfo(name).Symbol;
            INamedTypeSymbol? type = (symbol as INamedTypeSymbol) ?? symbol?.ContainingType;
            type = type?.OriginalDefinition;
            if (type is not null && PathOf(type) is not null)
            {
                yield return (type, name.GetLocation().GetLineSpan().StartLinePosition.Line + 1);
            }
        }
    }

    private static async Task<CoreCode> ReadAsync()
    {
        List<(string, string)> files = [];
        foreach (
            string path in (await Sources.LibraryAsync()).Where(p => p.StartsWith(Folder, StringComparison.Ordinal))
        )
        {
            files.Add((path[Folder.Length..], await Sources.ReadAsync(path)));
        }

        return Of([.. files]);
    }

    private static IEnumerable<INamedTypeSymbol> Declared(INamespaceOrTypeSymbol within) =>
        within
            .GetMembers()
            .SelectMany(m =>
                m switch
                {
                    INamespaceSymbol n => Declared(n),
                    INamedTypeSymbol t => Declared(t).Prepend(t),
                    _ => [],
                }
            );
}
