using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Tensors of more bytes than a piece (4 MB), or than an array can have, in memory and in a file.</summary>
public sealed class EntryPiecesTests : IDisposable
{
    private const int Elements = 2_500_003;      // two pieces and a half of four bytes each, one and a half of two, five of eight
    private readonly TemporaryFolder folder = new();

    private string Weights => Path.Combine(folder.Root, "weights.safetensors");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("F32")]
    [InlineData("F64")]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("I64")]
    [InlineData("U8")]
    public void EveryElementOfEveryPieceIsInItsPlace(string type)
    {
        SafetensorsEntry entry = Entry(type);
        Safetensors.Write(Weights, [KeyValuePair.Create("large", entry)]);
        SafetensorsEntry read = Safetensors.Read(Weights)["large"];
        Assert.True(entry.IsSame(read));
        double[] expected = [.. Enumerable.Range(0, Elements).Select(Value)];
        Assert.Equal(expected, read.ToDoubles());
        TestDevices.Each(device =>
        {
            using Tensor tensor = Tensor.Zeros(device, [Elements]);
            read.CopyTo(tensor);
            Assert.Equal(expected, tensor.ToDoubles());
            Assert.True(SafetensorsEntry.Of(tensor).ToDoubles().AsSpan().SequenceEqual(expected));
        });
    }

    [Fact]
    public void ADifferenceInTheLastPieceIsOne()
    {
        var values = new float[Elements];
        SafetensorsEntry zeros = SafetensorsEntry.Of([Elements], values);
        values[^1] = -0f;
        Assert.False(zeros.IsSame(SafetensorsEntry.Of([Elements], values)));
        values[^1] = float.NaN;
        values[Elements - 7] = float.PositiveInfinity;
        var error = Assert.Throws<FormatException>(() => FiniteEntries.Require(SafetensorsEntry.Of([Elements], values), "w", "a file"));
        Assert.Equal($"a file: expected finite numbers in 'w' ({Elements}), found Infinity at ({Elements - 7}) (and 1 more that are not finite).", error.Message);
    }

    /// <summary>A truth value that is none, in the last piece: the tensor is as it was.</summary>
    [Fact]
    public void NothingIsWrittenWhereALaterPieceIsWrong()
    {
        using var device = new ReferenceDevice();
        const int Large = (1 << 22) + 5;
        var bytes = new byte[Large];
        (bytes[0], bytes[^1]) = (1, 2);
        using Tensor tensor = Tensor.Full(device, [Large], 7);
        Assert.Throws<FormatException>(() => new SafetensorsEntry("BOOL", [Large], bytes).CopyTo(tensor));
        Assert.All(tensor.ToDoubles(), value => Assert.Equal(7, value));
    }

    /// <summary>Sixteen megabytes of weights and as many of momentum are written with a buffer's worth of memory, and are what a copy of them would be.</summary>
    [Fact]
    public void SavingTakesNoSecondCopyOfTheModel()
    {
        using var device = new CpuDevice(1);
        using var model = new Linear(2048, 2048);
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        using (var step = new Scope())
        {
            model.Forward(Tensor.Full(device, [1, 2048], 1)).Sum().Backward();
            optimizer.Step();
            optimizer.ClearGradients();
        }
        string checkpoint = Path.Combine(folder.Root, "checkpoint.safetensors"), copied = Path.Combine(folder.Root, "copied.safetensors");
        Assert.InRange(Allocated(() => StateDict.Save(model, Weights)), 1 << 20, 6 << 20);
        // Its checksum is taken before it is written: two buffers, one after the other, for each of four tensors, of which two are large.
        Assert.InRange(Allocated(() => Checkpoint.Save(checkpoint, model, optimizer)), 1 << 20, 20 << 20);
        var state = new StateTree();
        new ModelState(model).SaveState(state.Branch("model"));
        optimizer.SaveState(state.Branch("optimizer"));
        Checkpoint.Write(copied, state);
        Assert.True(File.ReadAllBytes(copied).AsSpan().SequenceEqual(File.ReadAllBytes(checkpoint)));
    }

    [Fact]
    public void Case45_ATensorOfMoreThanTwoGigabytesIsSavedAndRead()
    {
        Assert.SkipUnless(TestDevices.IsLong, "writes 2.4 GB: scripts/nightly.sh");
        const int Large = 600_000_000;
        using (var device = new CpuDevice(2))
        {
            using Tensor tensor = Tensor.Full(device, [Large], 1.5);
            Safetensors.Write(Weights, [KeyValuePair.Create("large", SafetensorsEntry.Of(tensor))]);
        }
        GC.Collect();
        using (var device = new CpuDevice(2))
        {
            using Tensor tensor = Tensor.Zeros(device, [Large]);
            Safetensors.Read(Weights)["large"].CopyTo(tensor);
            using Tensor sum = tensor.Sum();
            Assert.Equal(1.5 * Large, sum.ToDoubles()[0], 1e-3 * Large);
        }
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static SafetensorsEntry Entry(string type) => type switch
    {
        "F32" => SafetensorsEntry.Of([Elements], [.. Enumerable.Range(0, Elements).Select(i => (float)Value(i))]),
        "F64" => SafetensorsEntry.Of([Elements], [.. Enumerable.Range(0, Elements).Select(Value)]),
        "BF16" => SafetensorsEntry.OfBFloat16([Elements], [.. Enumerable.Range(0, Elements).Select(i => (float)Value(i))]),
        "F16" => new SafetensorsEntry(type, [Elements], MemoryMarshal.AsBytes<Half>(Enumerable.Range(0, Elements).Select(i => (Half)Value(i)).ToArray()).ToArray()),
        "I64" => SafetensorsEntry.Of([Elements], [.. Enumerable.Range(0, Elements).Select(i => (long)Value(i))]),
        _ => new SafetensorsEntry(type, [Elements], [.. Enumerable.Range(0, Elements).Select(i => (byte)Value(i))]),
    };

    /// <summary>A prime number of values that all types have exactly: an element in a wrong place is seen.</summary>
    private static double Value(int i) => i % 127;
}
