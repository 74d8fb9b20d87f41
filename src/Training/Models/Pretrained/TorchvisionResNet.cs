using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A ResNet's weights under torchvision's names: a <c>.safetensors</c> file, or a folder with one (or with shards) and perhaps a <c>config.json</c> as timm or Hugging Face write it. Names of Hugging Face's
/// <c>ResNetForImageClassification</c> are known too. What is loaded is written back under the same names.
/// </summary>
public sealed partial class TorchvisionResNet
{
    private const string Head = "fc.", First = "conv1.weight";

    private readonly string path;
    private readonly HuggingFaceConfig? config;
    private readonly Dictionary<string, Shape> shapes;
    private readonly bool isHuggingFaces;

    private TorchvisionResNet(string path)
    {
        this.path = path;
        config = Directory.Exists(path) && File.Exists(Path.Combine(path, "config.json")) ? HuggingFaceConfig.Read(path) : null;
        if (config is not null && config.Kind != "resnet" && ResNetDesign.Of(config.Kind) is null) throw config.Bad($"it has a {config.Kind}, expected resnet, resnet18, resnet34 or resnet50");
        if (config?.Is("downsample_in_bottleneck") == true || config?.Is("downsample_in_first_stage") == true) throw config.Bad("its blocks have their strides elsewhere than torchvision's");
        // Read again when a model is built: kept, it would be a second copy of the weights for as long as a run lasts.
        Dictionary<string, SafetensorsEntry> entries = WeightFiles.Read(path);
        isHuggingFaces = TorchvisionNames.AreHuggingFaces(entries.Keys);
        shapes = TorchvisionNames.Standard(entries).ToDictionary(entry => entry.Key, entry => entry.Value.Shape, StringComparer.Ordinal);
        if (!shapes.TryGetValue(First, out Shape first) || first.Rank != 4) throw new FormatException($"'{path}' has no ResNet of torchvision: '{First}' is missing or no convolution.");
        Channels = first[1];
        int[] blocks = [.. Enumerable.Range(1, ResNetDesign.Stages).Select(BlocksOf)];
        Design = new ResNetDesign(blocks, shapes.ContainsKey("layer1.0.conv3.weight"), first[0]);
        if (blocks.Contains(0)) throw new FormatException($"'{path}' has no ResNet of torchvision: its four stages have {Design.BlocksText} blocks.");
        if (config?.Counts("depths") is { } depths && !depths.SequenceEqual(blocks)) throw new FormatException($"'{path}' does not fit its config: its stages have {Design.BlocksText} blocks, expected {ResNetDesign.Written(depths)}.");
    }

    /// <summary>How many blocks of which kind there are.</summary>
    public ResNetDesign Design { get; }

    /// <summary>Channels of the images that it takes.</summary>
    public int Channels { get; }

    /// <summary>Opens a file or a folder and looks at what is in it.</summary>
    /// <exception cref="FormatException">A file is damaged, or has no such network.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static TorchvisionResNet Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new TorchvisionResNet(path);
    }

    /// <summary>A model with these weights; a head that is not there, or has another number of outputs, is drawn when it is initialised.</summary>
    /// <param name="image">The shape of a sample (height, width, channels).</param>
    /// <param name="outputs">Outputs.</param>
    /// <exception cref="FormatException">Weights are missing, or have another shape; the message names them.</exception>
    /// <exception cref="ShapeException">The samples are no such images.</exception>
    public Sequential Build(Shape image, int outputs)
    {
        if (image.Rank != 3 || image[2] != Channels) throw new ShapeException($"'{path}' takes images (height, width, channels) of {Channels} channels, found a sample of shape {image}.");
        Sequential model = Models.ResNet(image, outputs, Design);
        Dictionary<string, SafetensorsEntry> there = TorchvisionNames.Standard(WeightFiles.Read(path)), ours = new(StringComparer.Ordinal);
        var wrong = new List<string>();
        foreach (TorchvisionName name in TorchvisionNames.Of(model))
        {
            bool isHead = name.Theirs.StartsWith(Head, StringComparison.Ordinal);
            if (!there.TryGetValue(name.Theirs, out SafetensorsEntry? entry))
            {
                if (!isHead) wrong.Add($"'{Written(name.Theirs)}' is missing");
            }
            else if (entry.Type is not ("F32" or "F64" or "F16" or "BF16")) wrong.Add($"'{Written(name.Theirs)}' is {entry.Type}, expected real numbers");
            else if (entry.Shape == name.ShapeThere) ours.Add(name.Ours, TensorForms.ToOurs(name.Form, name.Shape, entry));
            else if (!isHead || !IsOfOtherOutputs(entry.Shape, name.Shape)) wrong.Add($"'{Written(name.Theirs)}' has shape {entry.Shape}, expected {name.ShapeThere}");
        }
        if (wrong.Count > 0)
        {
            model.Dispose();
            throw new FormatException($"'{path}' has no ResNet of torchvision: {string.Join("; ", wrong.Take(4))}{(wrong.Count > 4 ? $" and {wrong.Count - 4} more" : "")}.");
        }
        StateDict.Load(model, ours, $"'{path}'", strict: false);
        return model;
    }

    /// <summary>Writes a model that was built here under the names it was read with, <c>model.safetensors</c>; of a folder, what lies beside its weights is copied.</summary>
    /// <param name="model">The model.</param>
    /// <param name="to">A folder that is empty or not there.</param>
    /// <exception cref="IOException">The folder has files.</exception>
    public void Save(ModuleBase model, string to)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(to);
        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any()) throw new IOException($"'{to}' has files already.");
        Dictionary<string, SafetensorsEntry> entries = ToTorch(model);
        Directory.CreateDirectory(to);
        if (Directory.Exists(path))
        {
            foreach (string file in Directory.EnumerateFiles(path).Where(file => !Path.GetFileName(file).Contains(".safetensors", StringComparison.Ordinal))) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
        Write(Path.Combine(to, "model.safetensors"), entries.ToDictionary(entry => Written(entry.Key), entry => entry.Value, StringComparer.Ordinal));
    }

    /// <summary>Writes a model that <see cref="Models.ResNet(Shape, int, ResNetDesign)"/> made as a <c>.safetensors</c> file under torchvision's names and in PyTorch's layout.</summary>
    /// <exception cref="ArgumentException">The model is no such network.</exception>
    public static void Save(ModuleBase model, string file, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        if (!overwrite && File.Exists(file)) throw new IOException($"'{file}' is there already.");
        Write(file, ToTorch(model));
    }

    /// <summary>What was read and what was not, in one line; the head is drawn where it is not there.</summary>
    public string Describe(ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchvisionName[] names = [.. TorchvisionNames.Of(model)];
        string[] drawn = [.. names.Where(name => !shapes.TryGetValue(name.Theirs, out Shape shape) || shape != name.ShapeThere).Select(name => name.Theirs)];
        HashSet<string> used = [.. names.Select(name => name.Theirs)];
        string[] passed = [.. shapes.Keys.Where(name => !used.Contains(name) && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string over = passed.Length == 0 ? "" : $"; passed over: {string.Join(", ", passed.Take(4))}{(passed.Length > 4 ? $" and {passed.Length - 4} more" : "")}";
        return $"{path}: ResNet of {(Design.IsBottleneck ? "bottlenecks" : "basic blocks")} {Design.BlocksText}, {names.Length - drawn.Length} tensors{(drawn.Length > 0 ? $"; drawn: {string.Join(", ", drawn)}" : "")}{over}";
    }

    /// <summary>Throws unless what is there is what was asked for: the blocks that were given, else those that the config has for that name, else the name's own.</summary>
    internal void Check(string spec, string name, ResNetDesign asked, bool isGiven)
    {
        if (Design.IsBottleneck != asked.IsBottleneck) throw new ArgumentException($"'{spec}': '{path}' has {(Design.IsBottleneck ? "bottlenecks, as resnet50" : "basic blocks, as resnet18 and resnet34")}.");
        string? architecture = config?.Text("architecture");
        if (architecture is not null && architecture != name) throw new ArgumentException($"'{spec}': '{path}' has a {architecture}.");
        if (!Design.Blocks.SequenceEqual(asked.Blocks) && (isGiven || architecture is null)) throw new ArgumentException($"'{spec}': '{path}' has {Design.BlocksText} blocks, expected {asked.BlocksText}; blocks= says which.");
    }

    private static Dictionary<string, SafetensorsEntry> ToTorch(ModuleBase model)
    {
        if (!TorchvisionNames.AreOf(model)) throw new ArgumentException($"{model} is no ResNet of torchvision: it lacks stem.conv1, layer1 to layer4 or fc.");
        return TorchvisionNames.Of(model).ToDictionary(name => name.Theirs, name => TensorForms.ToTheirs(name.Form, name.Shape, name.Value().ToArray()), StringComparer.Ordinal);
    }

    private static void Write(string file, Dictionary<string, SafetensorsEntry> entries) => Safetensors.Write(file, entries, new Dictionary<string, string> { ["format"] = "pt" });

    /// <summary>A head of as many inputs is another task's.</summary>
    private static bool IsOfOtherOutputs(Shape there, Shape here) => there.Rank == here.Rank && there.With(0, 0) == here.With(0, 0);

    /// <summary>The name that it has in the files.</summary>
    private string Written(string name) => isHuggingFaces ? TorchvisionNames.ToHuggingFace(name) : name;

    private int BlocksOf(int stage)
    {
        string begin = $"layer{stage}.";
        return shapes.Keys.Where(name => name.StartsWith(begin, StringComparison.Ordinal)).Select(name => InStage().Match(name)).Where(found => found.Success).Select(found => int.Parse(found.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) + 1).DefaultIfEmpty(0).Max();
    }

    [GeneratedRegex(@"^layer\d\.(\d{1,3})\.")]
    private static partial Regex InStage();
}
