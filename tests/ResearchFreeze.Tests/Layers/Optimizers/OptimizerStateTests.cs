using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>An optimizer takes its own state, all of it or nothing, and no other's.</summary>
public sealed class OptimizerStateTests : IDisposable
{
    private const int In = 3, Width = 4, Classes = 2;
    private readonly ReferenceDevice device = new();
    private readonly Sequential model;

    public OptimizerStateTests() => model = Networks.Mlp(device, In, Width, Classes);

    public void Dispose()
    {
        model.Dispose();
        device.Dispose();
    }

    [Theory]
    [InlineData("adamw", "sgd-momentum", "State: 'kind' is 'adamw:beta1=0.9,beta2=0.999,epsilon=1E-08,coupled=0', expected 'sgd:momentum=0.9,nesterov=0'.")]
    [InlineData("sgd", "adamw", "State: 'kind' is 'sgd:momentum=0,nesterov=0', expected 'adamw:beta1=0.9,beta2=0.999,epsilon=1E-08,coupled=0'.")]
    [InlineData("sgd-momentum", "sgd", "State: 'kind' is 'sgd:momentum=0.9,nesterov=0', expected 'sgd:momentum=0,nesterov=0'.")]
    [InlineData("adamw", "adamw-coupled", "State: 'kind' is 'adamw:beta1=0.9,beta2=0.999,epsilon=1E-08,coupled=0', expected 'adamw:beta1=0.9,beta2=0.999,epsilon=1E-08,coupled=1'.")]
    [InlineData("rmsprop", "rmsprop-momentum", "State: 'kind' is 'rmsprop:alpha=0.99,epsilon=1E-08,momentum=0', expected 'rmsprop:alpha=0.99,epsilon=1E-08,momentum=0.9'.")]
    [InlineData("rmsprop", "lion", "State: 'kind' is 'rmsprop:alpha=0.99,epsilon=1E-08,momentum=0', expected 'lion:beta1=0.9,beta2=0.99'.")]
    [InlineData("lion", "sgd-momentum", "State: 'kind' is 'lion:beta1=0.9,beta2=0.99', expected 'sgd:momentum=0.9,nesterov=0'.")]
    public void Case20_AnotherOptimizersStateIsRefused(string saved, string loaded, string message)
    {
        using Optimizer from = Trained(saved), to = Trained(loaded);
        string[] before = StateDamage.Bits(to);
        StateTree state = StateDamage.Saved(from);
        Assert.Equal(message, Assert.Throws<FormatException>(() => to.LoadState(state)).Message);
        Assert.Equal(message, Assert.Throws<FormatException>(() => to.LoadState(state, otherSettings: true)).Message);
        Assert.Equal(before, StateDamage.Bits(to));
    }

    [Fact]
    public void AnotherScheduleIsRefusedUnlessItIsAskedFor()
    {
        using var from = new Sgd(model, new WarmUp(2, new Cosine(0.1f, 20)), 0.9f);
        using var to = new Sgd(model, new WarmUp(2, new Cosine(0.1f, 40)), 0.9f);
        Train(from, 3);
        StateTree state = StateDamage.Saved(from);
        const string Expected = "State: 'settings' is 'warm-up:steps=2,then cosine:rate=0.1,steps=20,minimum=0; clip=0, frozen=Keep', expected 'warm-up:steps=2,then cosine:rate=0.1,steps=40,minimum=0; clip=0, frozen=Keep'.";
        Assert.Equal(Expected, Assert.Throws<FormatException>(() => to.LoadState(state)).Message);
        Assert.Equal(0, to.StepCount);
        to.LoadState(state, otherSettings: true);
        Assert.Equal(3, to.StepCount);
        Assert.Equal(Networks.Values(from.StateOf(model.Parameters().First())[0]), Networks.Values(to.StateOf(model.Parameters().First())[0]));
    }

    [Fact]
    public void AStateActionStandsAgainstTheOptimizersOwnAfterLoadingToo()
    {
        using var from = new Sgd(model, new Constant(0.1f), 0.9f) { OnFreeze = OnFreeze.Drop };
        using var to = new Sgd(model, new Constant(0.1f), 0.9f) { OnFreeze = OnFreeze.Drop };
        Train(from, 2);
        model[0].Freeze();
        Parameter weight = model[0].Parameters().First(), bias = model[0].Parameters().Last();
        from.ApplyState(weight, OnFreeze.Keep);
        double[] before = Networks.Values(from.StateOf(weight)[0]);
        to.LoadState(StateDamage.Saved(from));
        Train(to, 1);
        Assert.Equal(before, Networks.Values(Assert.Single(to.StateOf(weight))));
        Assert.Empty(to.StateOf(bias));
    }

    [Fact]
    public void StateThatTheLoadedOneHadNotIsReleased()
    {
        using var optimizer = new Sgd(model, new Constant(0.1f), 0.9f);
        StateTree state = StateDamage.Saved(optimizer);
        Train(optimizer, 2);
        optimizer.LoadState(state);
        Assert.All(optimizer.Parameters, parameter => Assert.Empty(optimizer.StateOf(parameter)));
    }

    [Fact]
    public void AStepThatWasPreparedBeforeALoadIsPreparedAnew()
    {
        using var optimizer = new Sgd(model, new Constant(0.1f)) { ClipNorm = 1e-3f };
        StateTree state = StateDamage.Saved(optimizer);
        Networks.Backward(model, device, 5, In, Classes);
        optimizer.Prepare();
        optimizer.LoadState(state);
        optimizer.Step();
        Assert.InRange(optimizer.LastFactor(), 0, 0.1);
    }

    [Fact]
    public void OtherGroupsAreRefusedWithTheParametersName()
    {
        using var from = new Sgd(model, new Constant(0.1f), 0.9f);
        using var to = new Sgd(model, new Constant(0.1f), 0.9f, groups: new ParameterGroup("head", named => named.Path == "fc2.bias") { RateScale = 10, WeightDecay = 0.5f });
        StateTree state = StateDamage.Saved(from);
        Assert.Equal("State: 'fc2.bias/settings' is 'rate=1,decay=0', expected 'rate=10,decay=0.5'.", Assert.Throws<FormatException>(() => to.LoadState(state)).Message);
        to.LoadState(state, otherSettings: true);
    }

    [Fact]
    public void AnotherModelsStateIsRefused()
    {
        using Sequential longer = Networks.Mlp(device, In, Width, Width, Classes);
        using var from = new Sgd(longer, new Constant(0.1f));
        using var to = new Sgd(model, new Constant(0.1f));
        StateTree state = StateDamage.Saved(from);
        Assert.Equal("State: 'fc3.bias/rateScale' and 5 more belong to nothing that is loaded.", Assert.Throws<FormatException>(() => to.LoadState(state)).Message);
        Assert.Equal("State: 'fc3.weight/settings' is missing.", Assert.Throws<FormatException>(() => from.LoadState(StateDamage.Saved(to))).Message);
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("sgd-momentum")]
    [InlineData("adamw")]
    [InlineData("adamw-offload")]
    [InlineData("rmsprop-momentum")]
    [InlineData("lion")]
    public void Case40_DamagedStateIsRefusedWholeOrLoaded(string kind)
    {
        using Optimizer from = Trained(kind), to = Make(kind);
        Train(to, 1);
        (int refused, int tried) = StateDamage.Check(from, to);
        Assert.InRange(refused, tried * 3 / 4, tried);
    }

    [Fact]
    public void Case40_DamagedDropoutStateIsRefused()
    {
        using var drops = new Sequential(("drop", new Dropout(0.5f)), ("fc", new Linear(2, 2)));
        drops.Initialize(device, 1);
        using (new Scope()) drops.Forward(Tensor.Full(device, [3, 2], 1));
        (int refused, int tried) = StateDamage.Check((Dropout)drops[0], (Dropout)drops[0]);
        Assert.InRange(refused, tried - 3, tried - 1);   // large counts are counts
    }

    [Fact]
    public void ASnapshotThatCannotBeReadChangesNothing()
    {
        using Optimizer optimizer = Trained("adamw");
        var part = new Part();
        using var snapshot = new TrainingSnapshot(model, optimizer, part);
        snapshot.Take();
        Train(optimizer, 1);
        string[] before = StateDamage.Bits(optimizer);
        double[] weights = Networks.Bits(model.Parameters().First());
        part.Refuses = true;
        Assert.Throws<FormatException>(snapshot.Restore);
        Assert.Throws<FormatException>(snapshot.Swap);
        Assert.Equal(before, StateDamage.Bits(optimizer));
        Assert.Equal(weights, Networks.Bits(model.Parameters().First()));
        part.Refuses = false;
        snapshot.Restore();
        Assert.NotEqual(before, StateDamage.Bits(optimizer));
    }

    private Optimizer Trained(string kind)
    {
        Optimizer optimizer = Make(kind);
        Train(optimizer, 2);
        model[0].Freeze();
        Train(optimizer, 1);
        model[0].Unfreeze();
        return optimizer;
    }

    private Optimizer Make(string kind) => kind switch
    {
        "sgd" => new Sgd(model, new Constant(0.1f)),
        "sgd-momentum" => new Sgd(model, new Constant(0.1f), 0.9f),
        "adamw" => new AdamW(model, new Constant(0.01f)),
        "adamw-offload" => new AdamW(model, new Constant(0.01f)) { OnFreeze = OnFreeze.Offload },
        "rmsprop" => new RmsProp(model, new Constant(0.01f)),
        "rmsprop-momentum" => new RmsProp(model, new Constant(0.01f), momentum: 0.9f),
        "lion" => new Lion(model, new Constant(0.01f)),
        _ => new AdamW(model, new Constant(0.01f), coupled: true),
    };

    private void Train(Optimizer optimizer, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Networks.Backward(model, device, 5, In, Classes, step);
            optimizer.Step();
            optimizer.ClearGradients();
        }
    }

    private sealed class Part : IStateful
    {
        public bool Refuses { get; set; }

        public void SaveState(StateTree state) => state.Set("x", 1);

        public Action ReadState(StateTree state) => Refuses ? throw state.Bad("x", "is refused") : () => { };

        public void LoadState(StateTree state) => state.Apply(ReadState);
    }
}
