using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>
/// The ledger's products and the saved bytes of a step of <c>cnn</c> and <c>resnet:20</c> (and of torchvision's networks at a small width) against closed forms written down from the networks' definitions: for every prefix of frozen units and ten random masks.
/// </summary>
public sealed class NetworkCostTests
{
    private const int Batch = 2, Classes = 10;
    private static readonly CostKind[] Kinds = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient];

    [Fact]
    public void CnnCostsItsClosedForm() => Check([14, 10, 1], sample => Models.Cnn(sample, Classes, 5, 6, 7), new CnnForm(14, 10, 1, 5, 6, 7));

    [Fact]
    public void CnnOfTheDefaultWidthsCostsItsClosedForm() => Check([28, 28, 1], sample => Models.Cnn(sample, Classes), new CnnForm(28, 28, 1, 32, 64, 128), onReference: false);

    [Theory]
    [InlineData(1, 17, 16)]
    [InlineData(3, 16, 19)]
    public void ResNet20CostsItsClosedForm(int channels, int height, int width) =>
        Check([height, width, channels], sample => Models.ResNet(sample, Classes, 20, 3), new ResNetForm(height, width, channels, 3, 3));

    [Fact]
    public void ResNet20OfTheDefaultWidthCostsItsClosedForm() => Check([32, 32, 3], sample => Models.ResNet(sample, Classes), new ResNetForm(32, 32, 3, 16, 3), onReference: false);

    [Theory]
    [InlineData(false, 1, 17, 40)]
    [InlineData(true, 3, 33, 16)]
    public void TorchvisionsResNetsCostTheirClosedForm(bool isBottleneck, int channels, int height, int width)
    {
        var design = new ResNetDesign([2, 1, 2, 1], isBottleneck, Width: 3);
        Check([height, width, channels], sample => Models.ResNet(sample, Classes, design), new TorchvisionForm(height, width, channels, design));
    }

    [Fact]
    public void ResNet20HasElevenUnits()
    {
        using Sequential model = Models.ResNet([32, 32, 3], Classes);
        Assert.Equal(["stem", .. Enumerable.Range(1, 9).Select(i => $"block{i}"), "head"], FreezeUnit.Of(model).Select(unit => unit.Path));
        using Sequential cnn = Models.Cnn([28, 28, 1], Classes);
        Assert.Equal(["conv1", "conv2", "fc1", "head"], FreezeUnit.Of(cnn).Select(unit => unit.Path));
    }

    private static void Check(Shape sample, Func<Shape, Sequential> build, IForm form, bool onReference = true)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            if (device is ReferenceDevice && !onReference) continue;        // minutes; the small networks above run there too
            foreach (bool[] frozen in Masks(form.Units)) CheckMask(device, sample, build, form, frozen);
        }
    }

    private static void CheckMask(Device device, Shape sample, Func<Shape, Sequential> build, IForm form, bool[] frozen)
    {
        string label = $"frozen {string.Concat(frozen.Select(unit => unit ? '1' : '0'))} on {device.Name}";
        using Sequential model = build(sample);
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.01f));
        using var data = new Scope();
        (Tensor flat, IntTensor labels) = Networks.Batch(device, Batch, sample.Count, Classes);
        Tensor inputs = flat.Reshape([Batch, .. sample.ToArray()]);
        using var freeze = new FreezeController(model, optimizer, new GradientNormLevel(), new Never());
        freeze.Start();
        // By hand, since a rule never freezes the head; after the start, so that it counts as a saving.
        for (int i = 0; i < frozen.Length; i++)
        {
            foreach (Parameter parameter in freeze.Units[i].Parameters) parameter.IsFrozen = frozen[i];
        }
        double[][] buffers = [.. model.Buffers().Select(buffer => Networks.Values(buffer.Value))];
        freeze.Measure(() => Loss.CrossEntropy(model.Forward(inputs), labels));
        Assert.Equal(buffers, model.Buffers().Select(buffer => Networks.Values(buffer.Value)));
        using (var scope = new Scope())
        {
            Tensor loss = Loss.CrossEntropy(model.Forward(inputs), labels);
            (long reals, long integers) = form.Saved(Batch, Classes, frozen);
            Assert.True((reals * device.RealSize) + (integers * sizeof(int)) == device.Counters.SavedBytes, $"{label}: {device.Counters.SavedBytes} bytes saved, expected {(reals * device.RealSize) + (integers * sizeof(int))}");
            loss.Backward();
            freeze.Step();
        }
        for (int unit = 0; unit < frozen.Length; unit++)
        {
            foreach (CostKind kind in Kinds)
            {
                Assert.True(form.Flops(Batch, Classes, frozen, unit, kind) == freeze.Ledger.Done(unit, kind).Flops, $"{label}: unit {unit} {kind}");
                Assert.True(form.Flops(Batch, Classes, new bool[frozen.Length], unit, kind) == freeze.Ledger.Full(unit, kind).Flops, $"{label}: unit {unit} {kind} in full");
            }
        }
    }

    /// <summary>Every prefix but the one that leaves nothing to train, and ten random masks.</summary>
    private static IEnumerable<bool[]> Masks(int units)
    {
        for (int k = 0; k < units; k++) yield return [.. Enumerable.Range(0, units).Select(i => i < k)];
        var random = new RandomStream(TestDevices.Seed, "masks");
        for (int drawn = 0; drawn < 10;)
        {
            bool[] mask = [.. Enumerable.Range(0, units).Select(_ => random.NextInt32(2) == 0)];
            if (Array.TrueForAll(mask, unit => unit)) continue;
            drawn++;
            yield return mask;
        }
    }

    internal interface IForm
    {
        int Units { get; }

        long Flops(int batch, int classes, bool[] frozen, int unit, CostKind kind);

        (long Reals, long Integers) Saved(int batch, int classes, bool[] frozen);
    }

    /// <summary>A product costs its operations forward, again for its weights if they train, and again for its input if anything before it does.</summary>
    internal static long Flops(long forward, bool trains, bool trainsBefore, CostKind kind) => kind switch
    {
        CostKind.Forward => forward,
        CostKind.WeightGradient => trains ? forward : 0,
        _ => trainsBefore ? forward : 0,
    };

    internal static bool Any(bool[] frozen, int units) => frozen.Take(units).Any(unit => !unit);

    /// <summary>What the loss keeps: logits, each row's log-sum-exp, the total weight, and the labels.</summary>
    internal static (long Reals, long Integers) OfTheLoss(int batch, int classes) => ((batch * classes) + batch + 1, batch);

    private sealed record CnnForm(int Height, int Width, int Channels, int First, int Second, int Hidden) : IForm
    {
        public int Units => 4;

        private long Pixels1 => (long)Height * Width;

        private long Pixels2 => Height / 2 * (Width / 2);

        private long Pixels3 => Height / 4 * (Width / 4);

        public long Flops(int batch, int classes, bool[] frozen, int unit, CostKind kind)
        {
            long products = batch * (unit switch
            {
                0 => Pixels1 * First * 9 * Channels,
                1 => Pixels2 * Second * 9 * First,
                2 => Hidden * Pixels3 * Second,
                _ => (long)classes * Hidden,
            });
            return NetworkCostTests.Flops(2 * products, !frozen[unit], Any(frozen, unit), kind);
        }

        public (long Reals, long Integers) Saved(int batch, int classes, bool[] frozen)
        {
            (long reals, long integers) = OfTheLoss(batch, classes);
            bool from1 = Any(frozen, 1), from2 = Any(frozen, 2), from3 = Any(frozen, 3);
            if (!frozen[0]) reals += batch * Pixels1 * Channels;                          // the images, for the weights
            if (from1) reals += batch * Pixels1 * First;                                  // its output, for the ReLU
            if (from1) integers += batch * Pixels2 * First;                               // where the pool found its maxima
            if (!frozen[1]) reals += batch * Pixels2 * First;
            if (from2) reals += batch * Pixels2 * Second;
            if (from2) integers += batch * Pixels3 * Second;
            if (!frozen[2]) reals += batch * Pixels3 * Second;
            if (from3 || !frozen[3]) reals += (long)batch * Hidden;                       // for the ReLU or the head's weights, once
            return (reals, integers);
        }
    }

    private sealed record ResNetForm(int Height, int Width, int Channels, int First, int BlocksAStage) : IForm
    {
        public int Units => (3 * BlocksAStage) + 2;

        public long Flops(int batch, int classes, bool[] frozen, int unit, CostKind kind)
        {
            bool trains = !frozen[unit], before = Any(frozen, unit);
            if (unit == 0) return NetworkCostTests.Flops(2L * batch * Height * Width * First * 9 * Channels, trains, false, kind);
            if (unit == Units - 1) return NetworkCostTests.Flops(2L * batch * (First << 2) * classes, trains, before, kind);
            (long pixels, _, int inputs, int outputs) = Block(unit);
            long first = 2 * batch * pixels * outputs * 9 * inputs, second = 2 * batch * pixels * outputs * 9 * outputs, shortcut = inputs == outputs ? 0 : 2 * batch * pixels * outputs * inputs;
            // Within a block the second convolution comes after the first one's weights.
            return NetworkCostTests.Flops(first + shortcut, trains, before, kind) + NetworkCostTests.Flops(second, trains, before || trains, kind);
        }

        public (long Reals, long Integers) Saved(int batch, int classes, bool[] frozen)
        {
            (long reals, long integers) = OfTheLoss(batch, classes);
            long stem = (long)batch * Height * Width * First;
            // The images and the convolution's output for the weights and γ, the batch's moments, the result for its ReLU.
            if (!frozen[0]) reals += ((long)batch * Height * Width * Channels) + (2 * stem) + (2 * First);
            for (int unit = 1; unit < Units - 1; unit++)
            {
                (long pixels, long pixelsBefore, int inputs, int outputs) = Block(unit);
                long size = batch * pixels * outputs;
                bool trains = !frozen[unit], before = Any(frozen, unit);
                if (trains && !before) reals += batch * pixelsBefore * inputs;            // otherwise kept by the ReLU that made it
                if (trains || before) reals += 2 * size;                                  // two ReLUs; the first is the second convolution's input too
                if (trains) reals += (inputs == outputs ? 2 : 3) * (size + (2 * outputs)); // what is normalised, and the moments; a frozen one keeps neither
            }
            if (!frozen[^1]) reals += (long)batch * (First << 2);                         // the pooled features
            return (reals, integers);
        }

        private (long Pixels, long PixelsBefore, int Inputs, int Outputs) Block(int unit)
        {
            int stage = (unit - 1) / BlocksAStage, before = Math.Max(0, unit - 2) / BlocksAStage;
            return (Pixels(stage), Pixels(before), First << before, First << stage);
        }

        private long Pixels(int stage)
        {
            long height = Height, width = Width;
            for (int i = 0; i < stage; i++) (height, width) = ((height + 1) / 2, (width + 1) / 2);
            return height * width;
        }
    }
}
