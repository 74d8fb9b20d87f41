using System.Text;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Layers;

public sealed class AppendedFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Log => Path.Combine(folder.Root, "log");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void LinesAreThereAtOnceAndAFileThatIsThereIsNotReplaced()
    {
        using var file = new AppendedFile(Log);
        file.Append("one\n"u8);
        Assert.Equal("one\n", Text());
        Assert.Equal(4, file.Commit());
        Assert.Throws<IOException>(() => new AppendedFile(Log));
    }

    [Fact]
    public void WhatIsBehindTheLengthIsCutOffAndAShorterFileRefused()
    {
        File.WriteAllText(Log, "one\ntwo\nthr");
        using (var file = new AppendedFile(Log, 8))
        {
            file.Append("drei\n"u8);
            Assert.Equal("one\ntwo\ndrei\n", Text());
        }
        Assert.Equal($"'{Log}' has 13 bytes, expected at least 14.", Assert.Throws<IOException>(() => new AppendedFile(Log, 14)).Message);
        Assert.Equal("one\ntwo\ndrei\n", Text());
    }

    [Fact]
    public void OnAFullDiskLinesAreKeptAndTheFirstFailureIsSaid()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        var warnings = new List<string>();
        // A write to it fails as one to a full disk does. It is no file that can be cut to a length, so it is opened through a link at length 0.
        File.CreateSymbolicLink(Log, "/dev/full");
        var file = new AppendedFile(Log, 0) { Warn = warnings.Add };
        file.Append("one\n"u8);
        file.Append("two\n"u8);
        Assert.Contains("cannot be written", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(0, file.Length);
        Assert.Throws<IOException>(() => file.Commit());
        Assert.Throws<IOException>(file.Dispose);
    }

    private string Text()
    {
        using var reader = new StreamReader(new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
