using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>A program that uses the libraries has a culture; our own have none, so these run in a process that has cultures.</summary>
public sealed class CultureTests
{
    // Danish takes aa for one letter and sorts it last, Czech takes ch for one, Turkish has two i, Swedish another minus, and all of them pass over a soft hyphen.
    private static readonly string[] Cultures = ["en-US", "da-DK", "cs-CZ", "tr-TR", "sv-SE", "fa-IR"];
    private static readonly string[] Paths = ["a", "aa", "az", "ch", "cz", "h", "ki", "kI", "kı", "w\u00adx", "wx", "z", "æ"];

    [Fact]
    public Task Case34_StateIsTheSameUnderEveryCulture() => WithCultures(nameof(Case34_StateIsTheSameUnderEveryCulture), () =>
    {
        string path = Path.Combine(Path.GetTempPath(), $"culture-{Guid.NewGuid():N}.safetensors");
        try
        {
            foreach (string written in Cultures)
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(written);
                using var device = new ReferenceDevice();
                using Sequential model = Model(device);
                using Optimizer optimizer = Trained(model, device);
                string[] bits = StateDamage.Bits(optimizer);
                StateDamage.Saved(optimizer).Save(path);
                foreach (string read in Cultures)
                {
                    CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(read);
                    using Sequential other = Model(device);
                    using var resumed = new AdamW(other, new Cosine(0.0125f, 20), weightDecay: 0.25f) { ClipNorm = 0.5f };
                    StateTree tree = StateTree.Load(path);
                    Assert.Equal(Paths.Order(StringComparer.Ordinal), tree.Names.Where(name => name.EndsWith(".weight/steps", StringComparison.Ordinal)).Select(name => name.Split('.')[0]));
                    resumed.LoadState(tree);
                    Assert.Equal(bits, StateDamage.Bits(resumed));
                }
            }
        }
        finally
        {
            File.Delete(path);
        }
    });

    [Fact]
    public Task Case34_NamesAreOrdinalUnderEveryCulture() => WithCultures(nameof(Case34_NamesAreOrdinalUnderEveryCulture), () =>
    {
        foreach (string culture in Cultures)
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            var tree = new StateTree();
            foreach (string path in Paths) tree.Branch(path).Set("x", path.Length);
            foreach (string path in Paths)
            {
                Assert.Equal(["x"], tree.Branch(path).Names);
                Assert.Equal(path.Length, tree.Branch(path).Integer("x"));
            }
            Assert.Throws<FormatException>(() => tree.Branch("w\u00ad\u00adx").Integer("x"));
            Assert.Equal("Linear(2 → 2, sigmoid)", new Linear(2, 2, activation: Activation.Sigmoid).ToString());
            Assert.Equal("Dropout(0.5)", new Dropout(0.5f).ToString());
            Assert.Equal("State: 'x' must be in [-1, 2], found 2.5.", Assert.Throws<FormatException>(() => Real(2.5).Real("x", -1, 2)).Message);
        }
    });

    private static StateTree Real(double value)
    {
        var tree = new StateTree();
        tree.Set("x", value);
        return tree;
    }

    private static Sequential Model(Device device)
    {
        var model = new Sequential([.. Paths.Select(path => (path, (Module)new Linear(2, 2)))]);
        model.Initialize(device, 1);
        return model;
    }

    private static Optimizer Trained(Sequential model, Device device)
    {
        var optimizer = new AdamW(model, new Cosine(0.0125f, 20), weightDecay: 0.25f) { ClipNorm = 0.5f };
        Networks.Backward(model, device, 3, 2, 2);
        optimizer.Step();
        optimizer.ClearGradients();
        return optimizer;
    }

    /// <summary>Runs a test of this class where cultures are: in a process of its own, which runs that test alone.</summary>
    private static async Task WithCultures(string method, Action test)
    {
        if (!AppContext.TryGetSwitch("System.Globalization.Invariant", out bool isInvariant) || !isInvariant)
        {
            test();
            return;
        }
        string folder = Directory.CreateTempSubdirectory("culture-").FullName;
        try
        {
            string configuration = Path.Combine(folder, "cultures.json");
            string own = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "ResearchFreeze.Tests.runtimeconfig.json"), TestContext.Current.CancellationToken);
            const string Switch = "\"System.Globalization.Invariant\": ";
            Assert.Contains($"{Switch}true", own);
            await File.WriteAllTextAsync(configuration, own.Replace($"{Switch}true", $"{Switch}false", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            SampleProcess process = await SampleProcess.RunWith(configuration, "ResearchFreeze.Tests", folder, ["-method", $"{typeof(CultureTests).FullName}.{method}"]);
            Assert.SkipWhen(process.Error.Contains("valid ICU package", StringComparison.Ordinal), "there are no cultures here: the library ICU is not installed");
            Assert.True(process.Code == 0, process.Output + process.Error);
            Assert.Contains("Total: 1,", process.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
