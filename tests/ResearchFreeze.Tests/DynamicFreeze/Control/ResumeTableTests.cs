using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Cases 19, 21 and 40: a run that is saved and goes on is the run that was never stopped, bit for bit, and another's state is refused.</summary>
public class ResumeTableTests
{
    private const int Rows = 6, In = 5, Width = 4, Classes = 3, Steps = 18;

    public static TheoryData<string, string, string, string> Table()
    {
        var rows = new TheoryData<string, string, string, string>();
        foreach (string criterion in Policies.Criteria().Names)
        {
            foreach (string optimizer in (string[])["sgd", "adamw"])
            {
                foreach (string control in (string[])["guard", "probe", "reference0", "reference1", "reference5"])
                {
                    foreach (string layer in (string[])["norm", "dropout"]) rows.Add(criterion, optimizer, control, layer);
                }
            }
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Table), DisableDiscoveryEnumeration = true)]
    public void Case21_TwoHalvesAreTheWholeBitForBitLedgerIncluded(string criterion, string optimizer, string control, string layer)
    {
        using var whole = new Session(criterion, optimizer, control, layer);
        whole.Run(0, Steps);
        // In the middle of an interval and between two checks, with freezes pending and without.
        foreach (int at in (int[])[5, 8, 11])
        {
            var state = new StateTree();
            using (var first = new Session(criterion, optimizer, control, layer))
            {
                first.Run(0, at);
                first.Save(state);
            }
            using var second = new Session(criterion, optimizer, control, layer);
            second.Load(state);
            second.Run(at, Steps);
            Assert.Equal(whole.Told(), second.Told());
        }
    }

    [Theory]
    [InlineData("budget:rho=0.7")]
    [InlineData("rotation:units=1,every=3")]
    [InlineData("phases:1,2,3,steps=5")]
    [InlineData("aimd:threshold=0.9")]
    [InlineData("threshold:threshold=0.9,patience=1")]
    [InlineData("percentile:60+prefix+cap")]
    public void Case21_EveryRuleGoesOn(string rule)
    {
        using var whole = new Session("weight-change", "adamw", "guard", "dropout", rule);
        whole.Run(0, Steps);
        Assert.NotEmpty(whole.Freeze.Decisions);
        foreach (int at in (int[])[0, 1, 6, 11])
        {
            var state = new StateTree();
            using (var first = new Session("weight-change", "adamw", "guard", "dropout", rule))
            {
                first.Run(0, at);
                first.Save(state);
            }
            using var second = new Session("weight-change", "adamw", "guard", "dropout", rule);
            second.Load(state);
            second.Run(at, Steps);
            Assert.Equal(whole.Told(), second.Told());
        }
    }

    [Fact]
    public void Case19_TheStateOfAnotherCriterionRuleOrDivisionIsRefusedNamingBothAndNothingChanges()
    {
        string[] criteria = [.. Policies.Criteria().Names];
        StateTree[] states = [.. criteria.Select(name =>
        {
            using var session = new Session(name, "sgd", "probe", "norm");
            session.Run(0, 7);
            var state = new StateTree();
            session.Freeze.SaveState(state);
            return state;
        })];
        string[] names = [.. criteria.Select(name => Policies.Criteria().Create(name).Name)];
        for (int to = 0; to < criteria.Length; to++)
        {
            using var session = new Session(criteria[to], "sgd", "probe", "norm");
            session.Run(0, 2);
            string[] before = StateDamage.Bits(session.Freeze);
            for (int from = 0; from < criteria.Length; from++)
            {
                if (from == to) continue;
                var error = Assert.Throws<FormatException>(() => session.Freeze.LoadState(states[from]));
                Assert.Matches($@"\AState: 'criterion' is '{names[from]}[^']*', expected '{names[to]}[^']*'\.\z", error.Message);
                Assert.Equal(before, StateDamage.Bits(session.Freeze));
            }
        }
        using var one = new Session("drift", "sgd", "guard", "norm", "threshold:threshold=0.9,patience=1");
        using var other = new Session("drift", "sgd", "guard", "norm", "threshold:threshold=0.8,patience=1");
        var saved = new StateTree();
        one.Freeze.SaveState(saved);
        Assert.Equal("State: 'rule' is 'threshold:patience=1,threshold=0.9,hysteresis=2', expected 'threshold:patience=1,threshold=0.8,hysteresis=2'.", Assert.Throws<FormatException>(() => other.Freeze.LoadState(saved)).Message);
    }

    [Theory]
    [InlineData("drift", "guard")]
    [InlineData("cka", "reference0")]
    [InlineData("weight-change", "probe")]
    public void Case40_ADamagedStateIsRefusedInOneLineAndNothingChanges(string criterion, string control)
    {
        using Session from = new(criterion, "sgd", control, "norm"), into = new(criterion, "sgd", control, "norm");
        from.Run(0, 8);
        into.Run(0, 3);
        (int refused, int tried) = StateDamage.Check(from.Freeze, into.Freeze);
        Assert.InRange(refused, tried / 2, tried);
    }

    private sealed class Session : IDisposable
    {
        private readonly ReferenceDevice device = new();
        private readonly Sequential model;
        private readonly Optimizer optimizer;
        private readonly ProbeBatch probe;

        public Session(string criterion, string kind, string control, string layer, string rule = "percentile:60,prefix=0")
        {
            Module middle = layer == "norm" ? new BatchNorm(Width) : new Dropout(0.3f);
            model = new Sequential(("fc1", new Linear(In, Width, activation: Activation.Relu)), ("middle", middle), ("fc2", new Linear(Width, Width, activation: Activation.Tanh)), ("head", new Linear(Width, Classes)));
            model.Initialize(device, 1);
            optimizer = kind == "sgd" ? new Sgd(model, new Cosine(0.1f, Steps), momentum: 0.9f, weightDecay: 0.01f) { ClipNorm = 1 } : new AdamW(model, new WarmUp(4, new Constant(0.02f)));
            using (new Scope())
            {
                (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes, 99);
                inputs.Detach();
                probe = new ProbeBatch(model, inputs, labels);
            }
            FreezeOptions options = FreezeOptions.WithoutTriggers with { CheckEvery = 2, RunSteps = Steps, RegressionMargin = 0.3, ThawAfterSteps = 9 };
            options = control switch
            {
                "guard" => options with { GuardMargin = 0.1, GuardChecks = 1 },
                "probe" => options with { ProbeEvery = 2, ProbeDebt = 1.5 },
                _ => options with { ReferenceEvery = control[^1] - '0' },
            };
            Freeze = new FreezeController(model, optimizer, Policies.Criteria().Create(criterion), Rules.Parse(rule, Rules.Catalogue(), Rules.Filters()), options: options, seed: 3, probe: probe);
            Freeze.Start();
        }

        public FreezeController Freeze { get; }

        public void Run(int from, int to)
        {
            // Falls by a half now and then, so that the guard takes back and the trigger thaws.
            double[] accuracies = [0.5, 0.6, 0.4, 0.62, 0.61, 0.3];
            for (int step = from; step < to; step++)
            {
                Networks.Backward(model, device, Rows, In, Classes, step);
                Freeze.Step();
                if (step % 3 == 2) Freeze.Observe("validation", accuracies[step / 3], Better.Higher);
            }
        }

        public void Save(StateTree state)
        {
            foreach (Parameter parameter in model.Parameters()) state.Set($"weights/{parameter.Path}", parameter.Value);
            foreach ((int i, ModuleBuffer buffer) in model.Buffers().Index()) state.Set($"buffers/{i}", buffer.Value);
            foreach (ModuleBase module in model.Modules())
            {
                if (module is IStateful stateful) stateful.SaveState(state.Branch($"modules/{module.Path}"));
            }
            optimizer.SaveState(state.Branch("optimizer"));
            Freeze.SaveState(state.Branch("freeze"));
        }

        public void Load(StateTree state)
        {
            foreach (Parameter parameter in model.Parameters()) state.Read($"weights/{parameter.Path}", parameter.Value);
            foreach ((int i, ModuleBuffer buffer) in model.Buffers().Index()) state.Read($"buffers/{i}", buffer.Value);
            foreach (ModuleBase module in model.Modules())
            {
                if (module is IStateful stateful) stateful.LoadState(state.Branch($"modules/{module.Path}"));
            }
            optimizer.LoadState(state.Branch("optimizer"));
            Freeze.LoadState(state.Branch("freeze"));
        }

        /// <summary>All that a run can be asked for, bit for bit; times apart.</summary>
        public string[] Told()
        {
            FreezeLedger ledger = Freeze.Ledger;
            return
            [
                .. model.Parameters().Select(parameter => $"{parameter.Path} {parameter.IsFrozen} {Hex(Networks.Bits(parameter))}"),
                .. model.Buffers().Select(buffer => Hex(Networks.Values(buffer.Value))),
                .. Freeze.Decisions.Select(entry => $"{entry} {entry.LearningRate:R} {entry.Score:R} {entry.Observation?.IntegratedRate:R}"),
                .. Freeze.Validation.Select(point => $"{point}"),
                .. Enum.GetValues<CostKind>().Where(kind => kind != CostKind.Other).SelectMany(kind => Freeze.Units.Select(unit => $"{unit.Path} {kind} {Counts(ledger.Done(unit.Index, kind))} of {Full(() => Counts(ledger.Full(unit.Index, kind)))}").Append($"{kind} {Counts(ledger.Done(kind))}")),
                .. Freeze.Units.Select(unit => $"{unit.Path} kept {ledger.KeptBytes(unit.Index)} of {Full(() => $"{ledger.FullKeptBytes(unit.Index)}")} pinned {string.Join(' ', unit.Pinned)}"),
                $"{ledger.Steps} steps, saved {Full(() => $"{ledger.SavedBackward:R} {ledger.SavedTotal:R}")}, stop {Freeze.ShouldStop}",
            ];

            string Full(Func<string> value) => ledger.IsFullKnown ? value() : "unknown";
            static string Counts(Cost cost) => $"{cost.Launches} {cost.Flops} {cost.Bytes}";
            static string Hex(double[] values) => string.Join(' ', values.Select(value => BitConverter.DoubleToInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture)));
        }

        public void Dispose()
        {
            Freeze.Dispose();
            probe.Dispose();
            optimizer.Dispose();
            model.Dispose();
            device.Dispose();
        }
    }
}
