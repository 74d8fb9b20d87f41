using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

[EverySimdLevel]
public class OptimizerTests
{
    private const int Rows = 6, In = 5, Width = 4, Classes = 3;

    public static TheoryData<string> Optimizers => ["sgd-momentum-decay", "nesterov", "adamw", "adam-l2", "rmsprop", "rmsprop-momentum", "lion"];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void R5_AFrozenWeightThatHasTrainedBeforeNeverMoves(string name) => TestDevices.Each(device => AFrozenWeightNeverMoves(name, device));

    internal static void AFrozenWeightNeverMoves(string name, Device device)
    {
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using Optimizer optimizer = Make(name, model);
        for (int i = 0; i < 5; i++) Step(model, optimizer, device, i);
        model[0].Freeze();
        double[][] frozen = [.. model[0].Parameters().Select(Networks.Bits)];
        double[] other = Networks.Bits(model[1].Parameters().First());
        long state = optimizer.StateBytes(model.Parameters().First());
        for (int i = 0; i < 100; i++) Step(model, optimizer, device, i);
        Assert.Equal(frozen, model[0].Parameters().Select(Networks.Bits));
        Assert.NotEqual(other, Networks.Bits(model[1].Parameters().First()));
        Assert.Equal(state, optimizer.StateBytes(model.Parameters().First()));
    }

    [Fact]
    public void R5_AParameterFrozenBetweenBackwardAndStepIsNotTouchedThoughItHasAGradient() => TestDevices.Each(FrozenBetweenBackwardAndStep);

    internal static void FrozenBetweenBackwardAndStep(Device device)
    {
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f, weightDecay: 0.1f) { ClipNorm = 0.01f };
        Step(model, optimizer, device, 0);
        Networks.Backward(model, device, Rows, In, Classes, 1);
        model[0].Freeze();
        Assert.All(model[0].Parameters(), parameter => Assert.NotNull(parameter.Grad));
        double[][] weights = [.. model[0].Parameters().Select(Networks.Bits)];
        var before = new StateTree();
        optimizer.SaveState(before);
        double squares = model[1].Parameters().Sum(parameter => Networks.Values(parameter.Grad!).Sum(value => value * value));
        optimizer.Step();
        var after = new StateTree();
        optimizer.SaveState(after);
        Assert.Equal(weights, model[0].Parameters().Select(Networks.Bits));
        foreach (Parameter parameter in model[0].Parameters())
        {
            Assert.Equal(before.Branch(parameter.Path).Integer("steps"), after.Branch(parameter.Path).Integer("steps"));
            Assert.Equal(before.Branch(parameter.Path).Reals("state0"), after.Branch(parameter.Path).Reals("state0"));
        }
        Assert.Equal(0.01 / (Math.Sqrt(squares) + 1e-6), optimizer.LastFactor(), 1e-6);   // nor does its gradient count for clipping
        optimizer.ClearGradients();
    }

    [Fact]
    public void R7_FrozenParametersAreInTheOptimizerFromTheStartOnceByIdentity()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        model[0].Freeze();
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        Assert.Equal(model.Parameters(), optimizer.Parameters);
        Step(model, optimizer, device, 0);
        double[] before = Networks.Bits(model.Parameters().First());
        model[0].Unfreeze();
        Step(model, optimizer, device, 1);
        Assert.NotEqual(before, Networks.Bits(model.Parameters().First()));
    }

    [Fact]
    public void R8_StateIsKeptDroppedOrOffloadedAsAskedAndStepCountsAreEachParametersOwn()
    {
        using var device = new ReferenceDevice();
        foreach (OnFreeze policy in Enum.GetValues<OnFreeze>())
        {
            using Sequential model = Networks.Mlp(device, In, Width, Classes);
            using var optimizer = new AdamW(model, new Constant(0.01f)) { OnFreeze = policy };
            for (int i = 0; i < 3; i++) Step(model, optimizer, device, i);
            Parameter first = model.Parameters().First();
            long bytes = optimizer.StateBytes(first), all = device.Counters.Live(MemoryKind.Optimizer);
            Assert.Equal(2L * first.Shape.Count * device.RealSize, bytes);
            model[0].Freeze();
            Step(model, optimizer, device, 3);
            long expected = policy == OnFreeze.Keep ? bytes : 0;
            Assert.Equal(expected, optimizer.StateBytes(first));
            if (policy != OnFreeze.Keep) Assert.Equal(all - (2L * ((Width * In) + Width) * device.RealSize), device.Counters.Live(MemoryKind.Optimizer));

            // After the thaw, Keep and Offload continue alike; Drop starts again with step 1.
            model[0].Unfreeze();
            var state = new StateTree();
            optimizer.SaveState(state);
            Assert.Equal(policy == OnFreeze.Drop ? 0 : 3, state.Branch("fc1.weight").Integer("steps"));
            Assert.Equal(4, state.Branch("fc2.weight").Integer("steps"));
            Step(model, optimizer, device, 4);
            Assert.Equal(bytes, optimizer.StateBytes(first));
        }
    }

    [Fact]
    public void KeepAndOffloadGiveTheSameBits()
    {
        double[] Run(OnFreeze policy)
        {
            using var device = new ReferenceDevice();
            using Sequential model = Networks.Mlp(device, In, Width, Classes);
            using var optimizer = new AdamW(model, new Constant(0.01f)) { OnFreeze = policy };
            for (int i = 0; i < 9; i++)
            {
                if (i == 3) model[0].Freeze();
                if (i == 6) model[0].Unfreeze();
                Step(model, optimizer, device, i);
            }
            return Networks.Bits(model.Parameters().First());
        }

        Assert.Equal(Run(OnFreeze.Keep), Run(OnFreeze.Offload));
        Assert.NotEqual(Run(OnFreeze.Keep), Run(OnFreeze.Drop));
    }

    [Fact]
    public void R9_AThawedParameterFollowsTheSchedule()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        var schedule = new Cosine(0.1f, 20);
        using var optimizer = new Sgd(model, schedule, groups: new ParameterGroup("head", named => named.Path.StartsWith("fc2", StringComparison.Ordinal)) { RateScale = 3 });
        Parameter[] parameters = [.. model.Parameters()];
        model[0].Freeze();
        for (int i = 0; i < 7; i++) Step(model, optimizer, device, i);
        model[0].Unfreeze();
        Assert.Equal(schedule.Rate(7), optimizer.RateOf(parameters[0]));
        Assert.Equal(3 * schedule.Rate(7), optimizer.RateOf(parameters[2]));
        optimizer.SetRateScale(parameters[0], 0.5f);
        Assert.Equal(0.5f * schedule.Rate(7), optimizer.RateOf(parameters[0]));
    }

    [Fact]
    public void R23_TheGlobalNormIsThatOfAModelWithoutTheFrozenParameters()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f)) { ClipNorm = 0.01f };
        Step(model, optimizer, device, 0);      // leaves a stale square of the first layer behind, if anything did
        model[0].Freeze();
        Networks.Backward(model, device, Rows, In, Classes, 1);
        double squares = model.Parameters().Where(parameter => parameter.Grad is not null).Sum(parameter => Networks.Values(parameter.Grad!).Sum(value => value * value));
        optimizer.Step();
        Assert.Equal(0.01 / (Math.Sqrt(squares) + 1e-6), optimizer.LastFactor(), 1e-7);
        model.ClearGradients();
    }

    [Fact]
    public void TwoHalfBatchesAccumulateToTheWholeBatchsGradient()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        Loss.CrossEntropy(model.Forward(inputs), labels).Backward();
        double[][] whole = [.. model.Parameters().Select(parameter => Networks.Values(parameter.Grad!))];
        model.ClearGradients();
        int[] values = labels.ToArray();
        for (int half = 0; half < 2; half++)
        {
            Tensor part = model.Forward(inputs.Slice(0, half * 3, (half + 1) * 3));
            (Loss.CrossEntropy(part, IntTensor.From(device, values.AsSpan(half * 3, 3))) * 0.5).Backward();
        }
        int index = 0;
        foreach (Parameter parameter in model.Parameters())
        {
            double[] sum = Networks.Values(parameter.Grad!);
            for (int i = 0; i < sum.Length; i++) Assert.Equal(whole[index][i], sum[i], 1e-12);
            index++;
        }
    }

    [Fact]
    public void AStepWithANonFiniteGradientChangesNothingAndSaysWhichItWas()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using Sequential model = Networks.Mlp(device, In, Width, Classes);
            using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f, weightDecay: 0.1f);
            Step(model, optimizer, device, 0);
            Step(model, optimizer, device, 1);
            Assert.Null(optimizer.HaltedAfter());
            double[][] before = [.. model.Parameters().Select(Networks.Bits)];
            using (var scope = new Scope())
            {
                Tensor bad = Tensor.Full(device, [Rows, In], double.NaN);
                Loss.CrossEntropy(model.Forward(bad), IntTensor.From(device, new int[Rows])).Backward();
                optimizer.Step();
                optimizer.ClearGradients();
            }
            var halt = Assert.Throws<NonFiniteException>(() => Step(model, optimizer, device, 2));   // nothing is applied any more
            Assert.Equal((3, "fc1.weight"), (halt.Step, halt.Parameter));
            optimizer.ClearGradients();
            Assert.Equal(2, optimizer.HaltedAfter());
            Assert.Equal(before, model.Parameters().Select(Networks.Bits));
            optimizer.Reset();
            Step(model, optimizer, device, 3);
            Assert.Null(optimizer.HaltedAfter());
            Assert.NotEqual(before[0], Networks.Bits(model.Parameters().First()));
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void SavingAndLoadingContinuesBitForBit(string name) => TestDevices.Each(device => SavingAndLoading(name, device));

    internal static void SavingAndLoading(string name, Device device)
    {
        string path = Path.Combine(Path.GetTempPath(), $"optimizer-{Guid.NewGuid():N}.safetensors");
        try
        {
            using Sequential model = Networks.Mlp(device, In, Width, Classes);
            using Optimizer optimizer = Make(name, model);
            for (int i = 0; i < 4; i++) Step(model, optimizer, device, i);
            var state = new StateTree();
            optimizer.SaveState(state);
            state.Save(path);
            using Sequential copy = Networks.Mlp(device, In, Width, Classes);
            foreach ((Parameter from, Parameter to) in model.Parameters().Zip(copy.Parameters())) device.Copy(from.Value.Range, to.Value.Range);
            using Optimizer resumed = Make(name, copy);
            resumed.LoadState(StateTree.Load(path));
            for (int i = 4; i < 8; i++)
            {
                Step(model, optimizer, device, i);
                Step(copy, resumed, device, i);
            }
            Assert.Equal(model.Parameters().Select(Networks.Bits), copy.Parameters().Select(Networks.Bits));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Constant(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Cosine(-0.1f, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Constant(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(model, new Constant(1), momentum: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(model, new Constant(1), weightDecay: -1));
        Assert.Throws<ArgumentException>(() => new Sgd(model, new Constant(1), nesterov: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamW(model, new Constant(1), epsilon: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmsProp(model, new Constant(1), alpha: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmsProp(model, new Constant(1), epsilon: float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmsProp(model, new Constant(1), momentum: -0.1f));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lion(model, new Constant(1), beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lion(model, new Constant(1), beta2: -1));
        var error = Assert.Throws<ArgumentException>(() => new Sgd(model, new Constant(1), groups: new ParameterGroup("none", named => named.Path == "x")));
        Assert.Contains("'none'", error.Message, StringComparison.Ordinal);
    }

    internal static Optimizer Make(string name, ModuleBase model) => name switch
    {
        "sgd-momentum-decay" => new Sgd(model, new Constant(0.1f), momentum: 0.9f, weightDecay: 0.1f),
        "nesterov" => new Sgd(model, new Constant(0.1f), momentum: 0.9f, weightDecay: 0.1f, nesterov: true),
        "adamw" => new AdamW(model, new Constant(0.01f), weightDecay: 0.1f),
        "rmsprop" => new RmsProp(model, new Constant(0.01f), weightDecay: 0.1f),
        "rmsprop-momentum" => new RmsProp(model, new Constant(0.01f), momentum: 0.9f, weightDecay: 0.1f),
        "lion" => new Lion(model, new Constant(0.01f), weightDecay: 0.1f),
        _ => new AdamW(model, new Constant(0.01f), weightDecay: 0.1f, coupled: true),
    };

    private static void Step(Sequential model, Optimizer optimizer, Device device, int index)
    {
        Networks.Backward(model, device, Rows, In, Classes, index);
        optimizer.Step();
        optimizer.ClearGradients();
    }
}
