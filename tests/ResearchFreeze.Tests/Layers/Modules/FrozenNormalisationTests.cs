using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Requirements R1 to R4: what a frozen batch norm does, in each of its three modes.</summary>
public sealed class FrozenNormalisationTests
{
    private const int Rows = 4, Classes = 3;
    private static readonly Shape Image = [16, 16, 1];

    public static TheoryData<FrozenNormalisation> Modes => [.. Enum.GetValues<FrozenNormalisation>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public void R1_AFrozenBlocksMomentsAreBitIdenticalAfterTenStepsUnlessTheyAreToldToFollow(FrozenNormalisation mode) => TestDevices.Each(device => MomentsRestUnlessToldToFollow(mode, device));

    internal static void MomentsRestUnlessToldToFollow(FrozenNormalisation mode, Device device)
    {
        using Sequential model = ResNet(device, mode);
        using var optimizer = new Sgd(model, new Constant(0.05f), momentum: 0.9f, weightDecay: 1e-3f);
        Steps(model, optimizer, device, 2);                                   // the moments have moved before they are frozen
        foreach (string path in (string[])["stem", "block1", "block2"]) model.Modules().Single(module => module.Path == path).Freeze();
        Dictionary<string, double[]> before = State(model);
        Steps(model, optimizer, device, 10);
        foreach ((string path, double[] values) in State(model))
        {
            bool isFrozen = path.StartsWith("stem.", StringComparison.Ordinal) || path.StartsWith("block1.", StringComparison.Ordinal) || path.StartsWith("block2.", StringComparison.Ordinal);
            bool isBuffer = path.Contains("running", StringComparison.Ordinal);
            bool rests = isFrozen && (!isBuffer || mode != FrozenNormalisation.KeepUpdating);
            Assert.True(rests == values.AsSpan().SequenceEqual(before[path]), $"{path} with {mode} on {device.Name} should {(rests ? "rest" : "move")}");
        }
    }

    [Fact]
    public void R1_EvalIsTheDefault() => Assert.Equal(FrozenNormalisation.Eval, new BatchNorm(4).Frozen);

    [Fact]
    public void R2_TrainAfterAFreezeLeavesAFrozenNormInEval()
    {
        using var device = new ReferenceDevice();
        using var norm = new BatchNorm(3);
        norm.Initialize(device, 1);
        norm.Freeze();
        norm.Train();
        norm.Eval();
        norm.Train();
        Assert.True(norm.IsTraining && norm.IsFrozen);
        using var scope = new Scope();
        norm.Forward(Input(device, 0));
        Assert.Equal([0, 0, 0], Networks.Values(norm.RunningMean.Value));
        Assert.Equal([1, 1, 1], Networks.Values(norm.RunningVariance.Value));
        Assert.Equal(0, device.Counters.Calls(Primitive.Moments));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void R3_TrainAndEvalAgreeForAFrozenBlockUnderEvalAndDifferOtherwise(FrozenNormalisation mode) => TestDevices.Each(device => TrainAndEvalAgreeUnderEvalOnly(mode, device));

    internal static void TrainAndEvalAgreeUnderEvalOnly(FrozenNormalisation mode, Device device)
    {
        using Sequential model = ResNet(device, mode);
        using var optimizer = new Sgd(model, new Constant(0.05f));
        Steps(model, optimizer, device, 2);
        model[1].Freeze();
        using var scope = new Scope();
        (Tensor flat, _) = Networks.Batch(device, Rows, 16 * 16 * 3, Classes);
        Tensor input = flat.Reshape([Rows, 16, 16, 3]);
        model.Train();
        double[] train = Networks.Values(model[1].Forward(input));
        model.Eval();
        double[] eval = Networks.Values(model[1].Forward(input));
        Assert.Equal(mode == FrozenNormalisation.Eval, train.AsSpan().SequenceEqual(eval));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void R4_FreezingAndThawingAreSymmetric(FrozenNormalisation mode)
    {
        // Each way round: a norm that was frozen and thawed does what one does that never was, and freezing again what freezing did.
        using var device = new ReferenceDevice();
        using var toggled = new BatchNorm(3) { Frozen = mode };
        using var fresh = new BatchNorm(3) { Frozen = mode };
        toggled.Initialize(device, 1);
        fresh.Initialize(device, 1);
        using var scope = new Scope();
        toggled.Freeze();
        toggled.Unfreeze();
        Same(toggled.Forward(Input(device, 0)), fresh.Forward(Input(device, 0)));
        toggled.Freeze();
        fresh.Freeze();
        for (int i = 1; i < 4; i++) Same(toggled.Forward(Input(device, i)), fresh.Forward(Input(device, i)));
        toggled.Unfreeze();
        fresh.Unfreeze();
        toggled.Eval();
        toggled.Freeze();
        toggled.Unfreeze();
        toggled.Train();
        Same(toggled.Forward(Input(device, 4)), fresh.Forward(Input(device, 4)));
        Assert.Equal(mode, toggled.Frozen);

        void Same(Tensor a, Tensor b)
        {
            Assert.Equal(Networks.Values(a), Networks.Values(b));
            Assert.Equal(Networks.Values(toggled.RunningMean.Value), Networks.Values(fresh.RunningMean.Value));
            Assert.Equal(Networks.Values(toggled.RunningVariance.Value), Networks.Values(fresh.RunningVariance.Value));
        }
    }

    [Fact]
    public void ANormIsFrozenWhenBothOfItsParametersAre()
    {
        using var device = new ReferenceDevice();
        using var norm = new BatchNorm(3);
        norm.Initialize(device, 1);
        using var scope = new Scope();
        norm.Gamma.IsFrozen = true;
        norm.Forward(Input(device, 0));
        Assert.Equal(1, device.Counters.Calls(Primitive.Moments));
        norm.Beta.IsFrozen = true;
        norm.Forward(Input(device, 0));
        Assert.Equal(1, device.Counters.Calls(Primitive.Moments));
    }

    [Fact]
    public void AProbeSeesTheFrozenMode()
    {
        using var device = new ReferenceDevice();
        using var norm = new BatchNorm(3);
        norm.Initialize(device, 1);
        norm.Freeze();
        using var scope = new Scope();
        using GradMode.Restore mode = GradMode.Override(_ => true);
        norm.Forward(Input(device, 0)).Sum().Backward();
        Assert.Equal(0, device.Counters.Calls(Primitive.Moments));
        Assert.NotNull(norm.Gamma.Grad);
        norm.ClearGradients();
    }

    [Fact]
    public void RunningMomentsFollowTheBatchWithPyTorchsUnbiasedVariance()
    {
        // Two elements a channel, 1 and 3: mean 2, variance 1 (divided by n) or 2 (by n − 1). A tenth of the way from 0 and 1: 0.2 and 1.1.
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var norm = new BatchNorm(1);
            norm.Initialize(device, 1);
            using var scope = new Scope();
            Tensor y = norm.Forward(Tensor.From(device, [1f, 3f], [2, 1]));
            Assert.Equal(0.2, norm.RunningMean.Value.Item(), 1e-6);
            Assert.Equal(1.1, norm.RunningVariance.Value.Item(), 1e-6);
            Assert.Equal(1 / Math.Sqrt(1 + 1e-5), Networks.Values(y)[1], 1e-6);
        }
    }

    [Fact]
    public void ABatchThatIsNotFiniteLeavesItsChannelsMomentsAlone()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var norm = new BatchNorm(2);
            norm.Initialize(device, 1);
            using var scope = new Scope();
            norm.Forward(Tensor.From(device, [float.NaN, 1f, 1f, 3f], [2, 2]));
            Assert.Equal([0, 0.2], Networks.Values(norm.RunningMean.Value).Select(value => Math.Round(value, 6)));
            Assert.Equal([1, 1.1], Networks.Values(norm.RunningVariance.Value).Select(value => Math.Round(value, 6)));
        }
    }

    [Fact]
    public void OneElementAChannelCannotBeTrainedOn()
    {
        using var device = new ReferenceDevice();
        using var norm = new BatchNorm(3);
        norm.Initialize(device, 1);
        using var scope = new Scope();
        var error = Assert.Throws<ShapeException>(() => norm.Forward(Tensor.Zeros(device, [1, 3])));
        Assert.Contains("more than one element", error.Message, StringComparison.Ordinal);
        norm.Eval();
        norm.Forward(Tensor.Zeros(device, [1, 3]));
    }

    private static Sequential ResNet(Device device, FrozenNormalisation mode)
    {
        Sequential model = Models.ResNet(Image, Classes, depth: 8, width: 3);
        model.Initialize(device, 1);
        foreach (BatchNorm norm in model.Modules().OfType<BatchNorm>()) norm.Frozen = mode;
        return model;
    }

    private static void Steps(Sequential model, Optimizer optimizer, Device device, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            using var scope = new Scope();
            (Tensor flat, IntTensor labels) = Networks.Batch(device, Rows, Image.Count, Classes, step);
            Loss.CrossEntropy(model.Forward(flat.Reshape([Rows, .. Image.ToArray()])), labels).Backward();
            optimizer.Step();
            optimizer.ClearGradients();
        }
    }

    private static Dictionary<string, double[]> State(ModuleBase model)
    {
        var state = model.Parameters().ToDictionary(parameter => parameter.Path, Networks.Bits);
        foreach (ModuleBuffer buffer in model.Buffers()) state.Add(buffer.Path, Networks.Values(buffer.Value));
        return state;
    }

    private static Tensor Input(Device device, int index) => Networks.Batch(device, 5, 3, 2, index).Inputs;
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class FrozenNormalisationOpenClTests(GpuFixture fixture)
{
    public static TheoryData<FrozenNormalisation> Modes => FrozenNormalisationTests.Modes;

    [Theory]
    [MemberData(nameof(Modes))]
    public void R1_AFrozenBlocksMomentsAreBitIdenticalAfterTenStepsUnlessTheyAreToldToFollow(FrozenNormalisation mode) => FrozenNormalisationTests.MomentsRestUnlessToldToFollow(mode, fixture.OpenCl);

    [Theory]
    [MemberData(nameof(Modes))]
    public void R3_TrainAndEvalAgreeForAFrozenBlockUnderEvalAndDifferOtherwise(FrozenNormalisation mode) => FrozenNormalisationTests.TrainAndEvalAgreeUnderEvalOnly(mode, fixture.OpenCl);
}
