using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What a device's counters say by themselves, without a controller.</summary>
public class DeviceCountersTests
{
    [Fact]
    public void PeaksBeginAgainFromWhatIsAlive()
    {
        using var device = new ReferenceDevice();
        using Tensor kept = Tensor.Zeros(device, [10]);
        long one = device.Counters.Live(MemoryKind.Activation);
        using (Tensor.Zeros(device, [30])) Assert.Equal(4 * one, device.Counters.Peak(MemoryKind.Activation));
        Assert.Equal((one, 4 * one), (device.Counters.Live(MemoryKind.Activation), device.Counters.Peak(MemoryKind.Activation)));
        device.Counters.ResetPeaks();
        Assert.Equal(one, device.Counters.Peak(MemoryKind.Activation));
        using (Tensor.Zeros(device, [20])) Assert.Equal(3 * one, device.Counters.Peak(MemoryKind.Activation));
    }

    [Fact]
    public void ThePeakOfWhatIsSavedBeginsAgainToo()
    {
        using var device = new ReferenceDevice();
        Step(20);
        long peak = device.Counters.PeakSavedBytes;
        Assert.True(peak > 0 && device.Counters.SavedBytes == 0, $"{device.Counters.SavedBytes} bytes are saved, {peak} at most");
        device.Counters.ResetPeaks();
        Assert.Equal(0, device.Counters.PeakSavedBytes);
        Step(10);
        Assert.Equal(peak / 2, device.Counters.PeakSavedBytes);

        void Step(int count)
        {
            using var scope = new Scope();
            Tensor.Full(device, [count], 1).AsLeaf().Square().Sum().Backward();
        }
    }

    [Fact]
    public void NumbersAreHandedOutOnceAndALateOneHasItsOwnCosts()
    {
        using var device = new ReferenceDevice();
        int[] first = [device.Counters.AddUnits(3), device.Counters.AddUnits(1), device.Counters.AddUnits(40)];
        Assert.Equal([1, 4, 5], first);
        Assert.Equal((default, 0L), (device.Counters.Of(44, CostKind.Probe), device.Counters.KeptBytes(44)));
        foreach (int unit in (int[])[44, 3, 43])
        {
            using CostScope booking = device.Counters.For(CostKind.Probe, unit);
            using var scope = new Scope();
            Tensor.Full(device, [unit], 1).AsLeaf().Square().Sum();
        }
        Assert.Equal([44, 3, 43, 0], ((int[])[44, 3, 43, 42]).Select(unit => (int)(device.Counters.KeptBytes(unit) / sizeof(double))));
        Assert.Equal(device.Counters.Of(CostKind.Probe), device.Counters.Of(44, CostKind.Probe) + device.Counters.Of(3, CostKind.Probe) + device.Counters.Of(43, CostKind.Probe));
        Assert.Equal(device.Counters.Of(44, CostKind.Probe).Launches, device.Counters.Of(3, CostKind.Probe).Launches);
    }

    /// <summary>A pass forward that fails has kept nothing, and what it was given can be used again.</summary>
    [Fact]
    public void AnOperationThatFailsKeepsNothing()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor leaf = Tensor.Full(device, [5], 2).AsLeaf(), square = leaf.Square();
        long saved = device.Counters.SavedBytes;
        for (int i = 0; i < 3; i++) Assert.Equal("no luck", Assert.Throws<InvalidOperationException>(() => new Failing().Apply(square)).Message);
        Assert.Equal(saved, device.Counters.SavedBytes);
        square.Sum().Backward();
        Assert.Equal(0, device.Counters.SavedBytes);
        Assert.Equal([4, 4, 4, 4, 4], leaf.Grad!.ToArray());
    }

    private sealed class Failing : Function
    {
        public override string Name => "failing";

        public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
        {
            context.Save(0, inputs[0], InputSet.All(1));
            context.TryReserve(1, [7], InputSet.All(1));
            throw new InvalidOperationException("no luck");
        }

        public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => throw new InvalidOperationException("It is never called.");
    }
}
