using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Norms and updates of many parameters: more than fit one launch, of all kinds of lengths, each with its own settings.
public abstract partial class PrimitiveEdges
{
    /// <summary>More than two launches' worth; 0, and a length each side of a group's and a chunk's end.</summary>
    private int[] ManyLengths => MaxElements > 10_000
        ? [1, 0, 255, 256, 257, 100_003, 3, 8192, 8193, 64, 65, 1, 1, 2, 0, 513, 7, 40_000, 5]
        : [3, 0, 257, 1, 5, 2, 64, 9, 2];

    [Fact]
    public void ManyAtOnceHaveTheBitsOfOneAfterTheOther()
    {
        double[][] one = PrimitiveBench.Run(Device, b => Steps(b, true)), many = PrimitiveBench.Run(Device, b => Steps(b, false));
        for (int i = 0; i < one.Length; i++) Assert.Equal(one[i], many[i]);

        void Steps(PrimitiveBench b, bool oneByOne)
        {
            TensorRange guard = b.Reals(0.25f, 1, 0);
            SgdTarget[] sgd = SgdTargets(b);
            AdamTarget[] adam = AdamTargets(b);
            RmsPropTarget[] rms = RmsPropTargets(b);
            LionTarget[] lion = LionTargets(b);
            TensorRange sums = b.Output(sgd.Length);
            NormTarget[] norms = [.. sgd.Select((target, i) => new NormTarget(target.Gradient, target.Gradient, sums.Slice(i, 1), 0))];
            if (!oneByOne)
            {
                b.Device.Norm(NormKind.SquaredL2, norms);
                b.Device.Sgd(sgd, guard);
                b.Device.Adam(adam, guard);
                b.Device.RmsProp(rms, guard);
                b.Device.Lion(lion, guard);
                return;
            }
            foreach (NormTarget target in norms) b.Device.Norm(NormKind.SquaredL2, target.X, target.Y, target.Result);
            foreach (SgdTarget target in sgd) b.Device.Sgd(target.Step, target.Weight, target.Gradient, target.Velocity, guard);
            foreach (AdamTarget target in adam) b.Device.Adam(target.Step, target.Weight, target.Gradient, target.Mean, target.Square, guard);
            foreach (RmsPropTarget target in rms) b.Device.RmsProp(target.Step, target.Weight, target.Gradient, target.Square, target.Velocity, guard);
            foreach (LionTarget target in lion) b.Device.Lion(target.Step, target.Weight, target.Gradient, target.Mean, guard);
        }
    }

    [Fact]
    public void ManyAtOnceAreCountedForTheirUnits() => PrimitiveBench.Run(Device, b =>
    {
        DeviceCounters counters = b.Device.Counters;
        TensorRange guard = b.Reals(1, 1, 0);
        SgdTarget[] targets = SgdTargets(b);
        using CostScope booking = counters.For(CostKind.Optimizer, 3);
        Cost[] before = [.. Enumerable.Range(0, 4).Select(unit => counters.Of(unit, CostKind.Optimizer))];
        b.Device.Sgd(targets, guard);
        Assert.Equal(3, counters.Unit);
        for (int unit = 0; unit < 4; unit++)
        {
            Cost cost = counters.Of(unit, CostKind.Optimizer) - before[unit];
            SgdTarget[] own = [.. targets.Where(target => target.Unit == unit)];
            Assert.Equal(own.Length, cost.Launches);
            Assert.Equal(own.Sum(target => (long)target.Weight.Length * b.Device.RealSize * (target.Velocity is null ? 3 : 5)), cost.Bytes);
        }
    });

    private SgdTarget[] SgdTargets(PrimitiveBench b) =>
        [.. ManyLengths.Select((length, i) => new SgdTarget(
            new SgdStep(0.01f * (i + 1), i % 3 == 0 ? 0.9f : 0.5f, i % 4 == 1, 0.02f * (i % 5)), b.Input(length), b.Input(length), i % 6 == 2 ? null : b.Input(length), i % 3))];

    private AdamTarget[] AdamTargets(PrimitiveBench b) =>
        [.. ManyLengths.Select((length, i) => new AdamTarget(
            new AdamStep(0.01f * (i + 1), i < 11 ? 0.9f : 0.8f, 0.999f, 1e-8f, 0.02f * (i % 5), i >= 15, 1 + (7 * i)),
            b.Input(length), b.Input(length), b.Input(length), b.Input(length, positive: true), i % 3))];

    private RmsPropTarget[] RmsPropTargets(PrimitiveBench b) =>
        [.. ManyLengths.Select((length, i) => new RmsPropTarget(
            new RmsPropStep(0.01f * (i + 1), i < 11 ? 0.9f : 0.8f, 1e-6f, i < 14 ? 0 : 0.5f, 0.02f * (i % 5)),
            b.Input(length), b.Input(length), b.Input(length, positive: true), i < 14 ? null : b.Input(length), i % 3))];

    private LionTarget[] LionTargets(PrimitiveBench b) =>
        [.. ManyLengths.Select((length, i) => new LionTarget(
            new LionStep(0.01f * (i + 1), i < 11 ? 0.9f : 0.8f, i % 2 == 0 ? 0.99f : 0.9f, 0.02f * (i % 5)), b.Input(length), b.Input(length), b.Input(length), i % 3))];
}
