using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Tensors that stay in their file until they are wanted.</summary>
public sealed class LargeEntriesTests : IDisposable
{
    private const int Elements = 1 << 18;      // a megabyte of float32
    private readonly TemporaryFolder folder = new();

    private string Weights => Path.Combine(folder.Root, "weights.safetensors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void OnlyWhatIsWantedTakesMemory()
    {
        Write(Weights, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(Weights);
        long opened = GC.GetAllocatedBytesForCurrentThread();
        Assert.InRange(opened - before, 0, 100_000);
        // Eight megabytes are there; one is read, in one piece, and made to two of doubles.
        Assert.Equal(3, entries["tensor3"].ToDoubles()[5]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - opened, 3 << 20, (3 << 20) + 100_000);
    }

    [Fact]
    public void AFileThatIsReplacedStaysWhatItWas()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A file that is open is replaced differently there.");
        Write(Weights, 1);
        Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(Weights);
        Write(Weights, 10);
        Assert.Equal(3, entries["tensor3"].ToDoubles()[^1]);
        Assert.Equal(30, Safetensors.Read(Weights)["tensor3"].ToDoubles()[^1]);
        // Onto itself too: what is read while it is written is the old file.
        Safetensors.Write(Weights, Safetensors.Read(Weights));
        Assert.Equal(70, Safetensors.Read(Weights)["tensor7"].ToDoubles()[0]);
    }

    [Fact]
    public void AFileThatIsCutShortMeanwhileIsNamed()
    {
        Write(Weights, 1);
        SafetensorsEntry last = Safetensors.Read(Weights)["tensor7"];
        using (FileStream file = File.Open(Weights, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(1000);
        string message = Assert.Throws<FormatException>(last.ToDoubles).Message;
        Assert.StartsWith($"'{Weights}' has become shorter while it was read: expected bytes up to ", message, StringComparison.Ordinal);
        Assert.EndsWith("found 1000.", message, StringComparison.Ordinal);
    }

    /// <summary>A process has a thousand handles or so, and nobody who reads files closes any: a thousand files that nobody uses any more made the next one unreadable.</summary>
    [Fact]
    public void FilesThatNobodyUsesAnyMoreAreClosed()
    {
        Write(Weights, 1);
        int most = 0;
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(8, Safetensors.Read(Weights).Count);
            most = Math.Max(most, OpenFile.Count);
        }
        Assert.InRange(most, 1, 500);
    }

    private static void Write(string path, float factor) =>
        Safetensors.Write(path, Enumerable.Range(0, 8).Select(i => KeyValuePair.Create($"tensor{i}", SafetensorsEntry.Of([Elements], Enumerable.Repeat(i * factor, Elements).ToArray()))));
}
