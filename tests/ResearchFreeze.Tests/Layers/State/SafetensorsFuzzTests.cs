using System.Buffers.Binary;
using System.Text;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Damaged files, seeded: what is read is what was written, or one <see cref="FormatException"/> in one line; never more memory than the file is long allows.</summary>
public sealed class SafetensorsFuzzTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Mutations = Environment.GetEnvironmentVariable("RESEARCHFREEZE_LONG") is null ? 2_000 : 10_000;

    private readonly TemporaryFolder folder = new();

    private string Damaged => Path.Combine(folder.Root, "damaged.safetensors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void OfADamagedFileTheSameTensorsAreReadOrOneLineSaysWhatIsWrong()
    {
        string whole = Path.Combine(folder.Root, "whole.safetensors");
        Safetensors.Write(
            whole,
            new Dictionary<string, SafetensorsEntry>
            {
                ["a"] = SafetensorsEntry.Of([2, 3], [1f, 2, 3, 4, 5, 6]),
                ["b.weight"] = SafetensorsEntry.Of([4], [1.0, 2, 3, 4]),
                ["c"] = SafetensorsEntry.Of([3], new long[] { 1, 2, 3 }),
                ["text"] = SafetensorsEntry.Of("words"),
                ["none"] = SafetensorsEntry.Of([0, 2], new float[0]),
            },
            new Dictionary<string, string> { ["kind"] = "fuzz" });
        byte[] good = File.ReadAllBytes(whole);
        var random = new RandomStream(TestDevices.Seed, "safetensors");
        int read = 0, refused = 0;
        for (int number = 0; number < Mutations; number++)
        {
            File.WriteAllBytes(Damaged, Mutated(good, random));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Dictionary<string, SafetensorsEntry> found = Safetensors.Read(Damaged);
                _ = Safetensors.ReadMetadata(Damaged);
                // What is read has the length that its shape says.
                Assert.All(found.Values, entry => Assert.True(SafetensorsEntry.SizeOf(entry.Type) == 0 || entry.Bytes.Length == entry.Shape.Count * SafetensorsEntry.SizeOf(entry.Type)));
                read++;
            }
            catch (FormatException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                Assert.Contains(Damaged, exception.Message, StringComparison.Ordinal);
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
        output.WriteLine($"{read} read, {refused} refused");
        Assert.True(read > 0 && refused > Mutations / 2);
    }

    [Fact]
    public void ADamagedCheckpointIsNeverTakenForAWholeOne()
    {
        var state = new StateTree();
        state.Set("steps", 12);
        state.Set("name", "a run");
        state.Branch("model").Set("weight", [2, 2], [1f, 2, 3, 4]);
        string whole = Path.Combine(folder.Root, "whole.safetensors");
        Checkpoint.Write(whole, state);
        byte[] good = File.ReadAllBytes(whole);
        var random = new RandomStream(TestDevices.Seed, "checkpoints");
        for (int number = 0; number < Mutations; number++)
        {
            byte[] mutated = Mutated(good, random);
            File.WriteAllBytes(Damaged, mutated);
            try
            {
                StateTree found = Checkpoint.Read(Damaged);
                // Blanks in the header change nothing that is read.
                Assert.Equal((12, "a run", "1 2 3 4"), (found.Int32("steps"), found.Text("name"), string.Join(' ', found.Branch("model").Reals("weight", 4))));
            }
            catch (FormatException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
            }
        }
    }

    /// <summary>Cut short, grown, bytes changed, a piece moved, or a number of the header replaced by an extreme one.</summary>
    private static byte[] Mutated(byte[] good, RandomStream random)
    {
        byte[] bytes = [.. good];
        for (int times = 1 + random.NextInt32(3); times > 0 && bytes.Length > 0; times--)
        {
            int at = random.NextInt32(bytes.Length);
            switch (random.NextInt32(7))
            {
                case 0:
                    bytes = bytes[..at];
                    break;
                case 1:
                    bytes = [.. bytes, .. new byte[random.NextInt32(40)]];
                    break;
                case 2:
                    bytes[at] = (byte)random.NextInt32(256);
                    break;
                case 3:
                    bytes[at] ^= (byte)(1 << random.NextInt32(8));
                    break;
                case 4 when bytes.Length >= 8:
                    BinaryPrimitives.WriteInt64LittleEndian(bytes, random.NextInt32(4) switch { 0 => long.MaxValue, 1 => -1, 2 => 0, _ => random.NextInt32(4096) });
                    break;
                case 5:
                    int from = random.NextInt32(bytes.Length), length = Math.Min(random.NextInt32(30), bytes.Length - Math.Max(from, at));
                    bytes.AsSpan(from, Math.Max(0, length)).ToArray().CopyTo(bytes, at);
                    break;
                default:
                    string text = Encoding.Latin1.GetString(bytes);
                    int digit = text.AsSpan(at).IndexOfAnyInRange('0', '9');
                    if (digit < 0) break;
                    string number = random.NextInt32(4) switch { 0 => "2147483648", 1 => "-1", 2 => "9223372036854775807", _ => $"{random.NextInt32(99)}" };
                    bytes = Encoding.Latin1.GetBytes(string.Concat(text.AsSpan(0, at + digit), number, text.AsSpan(at + digit + 1)));
                    break;
            }
        }
        return bytes;
    }
}
