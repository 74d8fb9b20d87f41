using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace ResearchFreeze.Tests;

/// <summary>The recipes name files and folders that exist.</summary>
public sealed class ContributingTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));

    [Theory]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("docs/architecture.md")]
    public void WhatIsNamedExists(string page)
    {
        string text = File.ReadAllText(Path.Combine(Root, page));
        string[] files = [.. new[] { "src", "tests", "scripts", "docs", "benchmarks", "samples" }.SelectMany(folder => Directory.GetFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))];
        string[] named = [.. Regex.Matches(text, @"`((?:[\w.…*-]+/)*[\w.…*-]*)`").Select(match => match.Groups[1].Value).Where(name => name.EndsWith(".cs", StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal))];
        Assert.NotEmpty(named);
        foreach (string name in named)
        {
            // A file by the end of its path, a folder by a part of it; '…' and '*' stand for anything.
            string pattern = Regex.Escape(name.TrimEnd('/')).Replace("…", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal);
            var found = new Regex($"(^|/|(?<=[A-Za-z])){pattern}($|/)");
            Assert.True(files.Any(file => found.IsMatch(file)) || File.Exists(Path.Combine(Root, name)), $"{page} names '{name}', which does not exist.");
        }
        foreach (Match link in Regex.Matches(text, @"\]\(([^)#:]+)\)"))
            Assert.True(File.Exists(Path.Combine(Root, Path.GetDirectoryName(page)!, link.Groups[1].Value)), $"{page} links to '{link.Groups[1].Value}', which does not exist.");
    }

    [Fact]
    public void ThePictureShowsEveryProjectAndEveryReference()
    {
        string picture = File.ReadAllText(Path.Combine(Root, "docs", "architecture-projects.svg"));
        string[] projects = Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.All(projects, project => Assert.Contains($">{Path.GetFileNameWithoutExtension(project)}</text>", picture, StringComparison.Ordinal));
        Assert.Equal(projects.Sum(project => Regex.Matches(File.ReadAllText(project), "<ProjectReference").Count), Regex.Matches(picture, "<line ").Count);
    }

    [Fact]
    public void ThePictureOfAStepNamesWhatExists()
    {
        string picture = File.ReadAllText(Path.Combine(Root, "docs", "architecture-step.svg"));
        string[] calls = [.. Regex.Matches(picture, @">([A-Z]\w+)\.[^<]*</text>").Select(match => match.Groups[1].Value).Distinct()];
        Assert.InRange(calls.Length, 20, 100);
        HashSet<string> types = [.. Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories).Select(file => Path.GetFileName(file).Split('.')[0])];
        Assert.All(calls, call => Assert.Contains(call, types));
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
