using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests;

/// <summary>The pages hang together: every link and anchor exists, prose is wrapped, figures are those of the committed results.</summary>
public sealed class DocsTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));

    [Fact]
    public void EveryRelativeLinkAndAnchorExists()
    {
        string[] wrong = [.. Pages().SelectMany(page => LinksOf(File.ReadAllText(page)).Where(link => !IsThere(page, link)).Select(link => $"{Name(page)} links to '{link}', which does not exist."))];
        Assert.Empty(wrong);
        // What finds nothing would find nothing wrong.
        Assert.InRange(Pages().Sum(page => LinksOf(File.ReadAllText(page)).Count()), 100, 10_000);
    }

    [Fact]
    public void EveryPageIsLinkedFromAnotherAndInTheSitesMenu()
    {
        string menu = Page("toc.yml");
        Assert.All(Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories).Select(page => Name(page)["docs/".Length..]), page => Assert.Contains($"href: {page}\n", menu, StringComparison.Ordinal));
        HashSet<string> linked = [.. Pages().SelectMany(page => LinksOf(File.ReadAllText(page)).Select(link => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, link.Split('#')[0]))))];
        string[] alone = [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Where(page => !linked.Contains(page)).Select(Name)];
        Assert.Empty(alone);
    }

    [Fact]
    public void ProseIsWrappedAndHasNoNumbersOfRequirements()
    {
        foreach (string page in Pages())
        {
            bool isCode = false;
            foreach ((int number, string line) in File.ReadLines(page).Index())
            {
                if (line.StartsWith("```", StringComparison.Ordinal)) isCode = !isCode;
                if (isCode || line.StartsWith('|') || line.StartsWith("![", StringComparison.Ordinal)) continue;
                int most = Path.GetFileName(page) == "README.md" ? 200 : 160;
                Assert.True(line.Length <= most || Name(page).StartsWith("benchmarks/", StringComparison.Ordinal), $"{Name(page)}, line {number + 1}: {line.Length} columns, at most {most}.");
                Assert.False(Regex.IsMatch(line, @"\bR\d{1,2}\b|§"), $"{Name(page)}, line {number + 1}: names a requirement by a number that a reader does not have.");
            }
        }
        string[] comments = [.. Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories).Where(file => File.ReadLines(file).Any(line => Regex.IsMatch(line, @"///.*\(?requirements? R\d"))).Select(Name)];
        Assert.Empty(comments);
    }

    [Fact]
    public void TheTrainingLoopsOfTheOtherFrameworksPageAreTheSamples()
    {
        string page = File.ReadAllText(Path.Combine(Root, "docs", "coming-from.md"));
        string samples = string.Join('\n', Directory.GetFiles(Path.Combine(Root, "samples"), "Program.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        string[] statements = [.. page[page.IndexOf("## The training loop", StringComparison.Ordinal)..page.IndexOf("## Flags", StringComparison.Ordinal)].Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).SelectMany(line => Regex.Matches(line.Split(" | ")[1], "`([^`]+[;)])`").Select(match => match.Groups[1].Value))
            .Where(code => code.EndsWith(';') || code.StartsWith("for", StringComparison.Ordinal) || code.StartsWith("public", StringComparison.Ordinal))];
        Assert.InRange(statements.Length, 12, 40);
        Assert.All(statements, statement => Assert.Contains(statement, samples, StringComparison.Ordinal));
    }

    [Fact]
    public void WhatFreezingCostsIsWhatTheCommittedRunsGave()
    {
        const string Model = "mlp:784,256,256,256,10";
        string which = Page("which-policy.md"), when = Page("when-not-to-freeze.md");
        string[][] rows = [.. File.ReadAllLines(Results("cpu", "mlp784.csv")).Skip(1).Select(line => line.Split(','))];
        string full = RunSettings.For(Model).Epochs.ToString(CultureInfo.InvariantCulture);
        string[][] whole = [.. rows.Where(row => row[0] == "never" && row[1] == full)];
        foreach (IGrouping<(string Policy, string Epochs), string[]> runs in rows.GroupBy(row => (row[0], row[1])))
        {
            if (runs.Key == ("never", full)) continue;
            double points = 100 * (runs.Average(row => Number(row[3])) - whole.Average(row => Number(row[3]))), saved = 100 * (1 - (runs.Average(row => Number(row[6])) / whole.Average(row => Number(row[6]))));
            string lost = points.ToString("F2", CultureInfo.InvariantCulture).Replace('-', '−'), part = string.Create(CultureInfo.InvariantCulture, $"{saved:F1} %");
            Assert.Contains($"| `{runs.Key.Policy}`{(runs.Key.Epochs != full ? $", {runs.Key.Epochs} of {full} epochs" : "")} | {lost} | {part} |", which, StringComparison.Ordinal);
            Assert.Contains(lost, when, StringComparison.Ordinal);
        }

        static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void WhatACacheSavesIsWhatWasMeasured()
    {
        string page = Page("cache.md");
        // "mlp:784,256,256,256,10",128,1,4,memory,fc1,1.151,0.776,
        string[][] rows = [.. File.ReadAllLines(Results("amd-epyc-zen5", "cache.csv")).Skip(1).Select(line => (string[])[line.Split('"')[1], .. line.Split('"')[2].TrimStart(',').Split(',')])];
        foreach (IGrouping<(string Model, string Prefix, string Units), string[]> prefix in rows.GroupBy(row => (row[0], row[2], row[3])))
        {
            string Read(string storage, int column) => double.Parse(prefix.Single(row => row[4] == storage)[column], CultureInfo.InvariantCulture).ToString("F2", CultureInfo.InvariantCulture);
            Assert.Contains(
                $"| `{prefix.Key.Model}` | {prefix.Key.Prefix} of {prefix.Key.Units} | {Read("automatic", 6)} | {Read("memory", 7)} | {Read("file", 7)} | {Read("half", 7)} | {Read("automatic", 7)} | {Read("automatic", 8)} |", page,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatIsLeftOfAStepIsWhatWasMeasured()
    {
        string when = Page("when-not-to-freeze.md");
        foreach ((string model, string file, int half) in ((string, string, int)[])[("mlp:784,512,512,512,10", "mlp", 2), ("cnn", "cnn", 2), ("resnet:20", "resnet", 5)])
        {
            double[] left = Fractions(Results("amd-epyc-zen5", $"prefixes-{file}.json"), "measuredFraction");
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| `{model}` | {left[1]:F2} | {left[half]:F2} | {left[^1]:F2} |"), when, StringComparison.Ordinal);
        }
        string mlp = Results("nvidia-h200", "bench-mlp.json");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"takes {Fractions(mlp, "measuredFraction")[3]:F2} of a full step, where operations and bytes predict {Fractions(mlp, "predictedFraction")[3]:F2}"), Unwrapped(when), StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"with all but the head frozen takes {Fractions(Results("nvidia-h200", "bench-resnet.json"), "measuredFraction")[^1]:F2} of a full step"), Unwrapped(when), StringComparison.Ordinal);

        static double[] Fractions(string path, string name) =>
            [.. JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty(name).GetDouble())];
    }

    [Fact]
    public void EachPackageHasAReadmeOfItsOwn()
    {
        string version = Regex.Match(File.ReadAllText(Path.Combine(Root, "Directory.Build.props")), "<Version>(.*)</Version>").Groups[1].Value;
        foreach (string project in Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            string name = Path.GetFileNameWithoutExtension(project), text = File.ReadAllText(Path.Combine(Path.GetDirectoryName(project)!, "README.md"));
            Assert.StartsWith($"# ResearchFreeze.{name}\n", text, StringComparison.Ordinal);
            Assert.InRange(text.TrimEnd().Split('\n').Length, 20, 40);
            // The folders of the repository are not there.
            Assert.Empty(LinksOf(text));
            Assert.Matches($@"(?m)^dotnet (add package|tool install --global) ResearchFreeze\.{name} --version {Regex.Escape(version)}$", text);
        }
        Assert.Contains($"version: {version}\n", File.ReadAllText(Path.Combine(Root, "CITATION.cff")), StringComparison.Ordinal);
        Assert.Contains($"--version {version}\n", Page("install.md"), StringComparison.Ordinal);
    }

    private static string Unwrapped(string text) => Regex.Replace(text, @"\s+", " ");

    private static string Page(string name) => File.ReadAllText(Path.Combine(Root, "docs", name));

    private static string Results(string machine, string file) => Path.Combine(Root, "benchmarks", "results", machine, file);

    private static string Name(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string[] Pages() =>
    [
        Path.Combine(Root, "README.md"),
        Path.Combine(Root, "CONTRIBUTING.md"),
        .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories),
        .. Directory.GetFiles(Path.Combine(Root, "benchmarks"), "README.md", SearchOption.AllDirectories).Where(path => !Name(path).Contains("/bin/", StringComparison.Ordinal)),
        .. Directory.GetFiles(Path.Combine(Root, "data"), "README.md", SearchOption.AllDirectories),
    ];

    /// <summary>The links of a page that are not to another site, pictures included; what is in code is none.</summary>
    private static IEnumerable<string> LinksOf(string text) =>
        Regex.Matches(Regex.Replace(text, "(?s)```.*?```|`[^`\n]*`", "code"), @"\]\(([^)\s]+)\)").Select(match => match.Groups[1].Value).Where(link => !link.Contains("://", StringComparison.Ordinal));

    private static bool IsThere(string page, string link)
    {
        string[] parts = link.Split('#');
        string path = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
        return (File.Exists(path) || Directory.Exists(path)) && (parts.Length == 1 || AnchorsOf(File.ReadAllText(path)).Contains(parts[1]));
    }

    /// <summary>A heading's anchor: small letters, digits, hyphens for spaces, nothing else.</summary>
    private static HashSet<string> AnchorsOf(string text) =>
        [.. Regex.Matches(Regex.Replace(text, "(?s)```.*?```", ""), "(?m)^#+ (.*)$").Select(match => Regex.Replace(match.Groups[1].Value.ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'))];

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
