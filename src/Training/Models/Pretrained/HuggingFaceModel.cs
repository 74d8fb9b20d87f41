using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A model's folder as they are shared on Hugging Face: <c>config.json</c>, <c>model.safetensors</c> or its shards, and a vocabulary. BERT, DistilBERT, RoBERTa, GPT-2 and ViT are known; what is loaded is written back under the
/// same names.
/// </summary>
public sealed class HuggingFaceModel
{
    // What such files carry beside the model: constants, and heads of what it was trained on first.
    private static readonly string[] NoWeights = ["position_ids", "attn.bias", "attn.masked_bias", "token_type_ids"];

    private readonly string folder, prefix;
    private readonly HuggingFaceConfig config;
    private readonly HuggingFaceName[] names;
    private readonly Dictionary<string, Shape> shapes;
    private readonly bool isDescribed;

    private HuggingFaceModel(string folder, HuggingFaceConfig config, bool hasWeights)
    {
        (this.folder, this.config) = (folder, config);
        names = config.Kind switch
        {
            "bert" => HuggingFaceNames.Bert(isRoberta: false),
            "roberta" => HuggingFaceNames.Bert(isRoberta: true),
            "distilbert" => HuggingFaceNames.DistilBert,
            "gpt2" => HuggingFaceNames.Gpt2,
            "vit" => HuggingFaceNames.Vit,
            _ => throw config.Bad($"model_type is '{config.Kind}', and bert, distilbert, roberta, gpt2 and vit are known"),
        };
        isDescribed = !hasWeights;
        // What is read is checked here and read again when a model is built: kept, it would be a second copy of the weights for as long as a run lasts.
        shapes = hasWeights ? WeightFiles.Read(folder).ToDictionary(entry => entry.Key, entry => entry.Value.Shape, StringComparer.Ordinal) : [];
        prefix = "";
        if (isDescribed) return;
        // A model with a head has its own name before each of its tensors.
        string first = names[0].Theirs;
        prefix = shapes.ContainsKey(first) ? "" : shapes.Keys.FirstOrDefault(name => name.EndsWith("." + first, StringComparison.Ordinal)) is { } found ? found[..^first.Length]
            : throw new FormatException($"'{folder}' does not fit its config: '{first}' is missing, with or without '{config.Kind}.' before it.");
    }

    /// <summary>For example <c>bert</c>.</summary>
    public string Kind => config.Kind;

    /// <summary>How many token ids there are; of images 0.</summary>
    public int Vocabulary => Kind == "vit" ? 0 : config.Count("vocab_size");

    /// <summary>The most tokens of a sample.</summary>
    public int Places => Kind == "roberta" ? config.Count("max_position_embeddings") - 2 : config.Count("max_position_embeddings", "n_positions");

    /// <summary>The side of an image; of text 0.</summary>
    public int ImageSize => Kind == "vit" ? config.Count("image_size") : 0;

    /// <summary>The text of <c>config.json</c>, with which it is built again.</summary>
    internal string ConfigText => config.Text();

    /// <summary>Opens a folder and reads its weights.</summary>
    /// <exception cref="FormatException">A file is damaged, or the model is none of those that are known.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static HuggingFaceModel Open(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return new HuggingFaceModel(folder, HuggingFaceConfig.Read(folder), hasWeights: true);
    }

    /// <summary>A model of which the config alone is there: what is built of it has no weights until some are loaded.</summary>
    /// <exception cref="FormatException">The config is damaged.</exception>
    internal static HuggingFaceModel Described(string folder, string config) => new(folder, HuggingFaceConfig.Of(Path.Combine(folder, "config.json"), config), hasWeights: false);

    /// <summary>The blocks as the config has them.</summary>
    public TransformerOptions Blocks
    {
        get
        {
            int width = config.Count("hidden_size", "n_embd", "dim"), heads = config.Count("num_attention_heads", "n_head", "n_heads");
            if (width % heads != 0) throw config.Bad($"{heads} heads do not divide a width of {width}");
            bool isGpt = Kind == "gpt2";
            return new TransformerOptions(width, heads)
            {
                Inner = config.CountOr(4 * width, "intermediate_size", "n_inner", "hidden_dim")!.Value,
                IsPreNorm = Kind is "gpt2" or "vit",
                IsCausal = isGpt,
                IsPacked = isGpt,
                Epsilon = (float)config.Real(isGpt ? 1e-5 : 1e-12, "layer_norm_eps", "layer_norm_epsilon"),
                Activation = Activation(config.Text("hidden_act") ?? config.Text("activation_function") ?? config.Text("activation") ?? "gelu"),
            };
        }
    }

    /// <summary>How many blocks there are.</summary>
    public int Layers => config.Count("num_hidden_layers", "n_layer", "n_layers");

    /// <summary>A model of text with these weights; what the folder lacks of the head is drawn when it is initialised.</summary>
    /// <param name="blocks">The blocks, as <see cref="Blocks"/> or changed in what has no weights.</param>
    /// <param name="outputs">Outputs of a sample, or of each token.</param>
    /// <param name="pooling">What they are made of.</param>
    /// <exception cref="FormatException">Weights are missing, or have another shape; the message names them.</exception>
    public TextTransformer BuildText(TransformerOptions blocks, int outputs, Pooling pooling)
    {
        if (Kind == "vit") throw config.Bad("it reads images, and text was asked for");
        bool isBert = Kind is "bert" or "roberta";
        var model = new TextTransformer(new TextModelOptions(blocks, Layers, Vocabulary, Places, outputs)
        {
            Segments = isBert ? config.CountOr(2, "type_vocab_size")!.Value : 0,
            HasEmbeddingNorm = Kind != "gpt2",
            Pooling = pooling,
            HasPooler = pooling == Pooling.First && isBert,
            IsTied = Kind == "gpt2" && pooling == Pooling.None && outputs == Vocabulary,
        });
        Load(model);
        return model;
    }

    /// <summary>A model of images with these weights; a head of another size is drawn when it is initialised.</summary>
    /// <exception cref="FormatException">Weights are missing, or have another shape; the message names them.</exception>
    /// <exception cref="ShapeException">The samples are no such images.</exception>
    public VisionTransformer BuildVision(TransformerOptions blocks, Shape image, int outputs)
    {
        if (Kind != "vit") throw config.Bad("it reads text, and images were asked for");
        int side = ImageSize, channels = config.CountOr(3, "num_channels")!.Value;
        if (image != new Shape(side, side, channels)) throw new ShapeException($"'{folder}' takes images ({side}, {side}, {channels}), found a sample of shape {image}.");
        var model = new VisionTransformer(image, config.Count("patch_size"), blocks, Layers, outputs);
        Load(model);
        return model;
    }

    /// <summary>Writes a model that was built here under the names it was read with: <c>model.safetensors</c>; the other files of the folder are copied.</summary>
    /// <param name="model">The model.</param>
    /// <param name="to">A folder that is empty or not there.</param>
    /// <exception cref="IOException">The folder has files.</exception>
    public void Save(ModuleBase model, string to)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(to);
        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any()) throw new IOException($"'{to}' has files already.");
        // Before anything is written. LoRA's additions have no names: merged, they are part of what has.
        Parameter[] named = [.. model.Parameters().Where(parameter => !IsLora(parameter))];
        if (model.Parameters().FirstOrDefault(parameter => parameter.Path.EndsWith(".loraUp", StringComparison.Ordinal) && parameter.Value.ToArray().Any(value => value != 0)) is { } open) throw new ArgumentException($"'{open.Path}' has no name in a {Kind} of Hugging Face: merge LoRA's additions first.");
        if (Array.Find(named, parameter => HuggingFaceNames.Of(names, parameter.Path) is null) is { } odd) throw new ArgumentException($"'{odd.Path}' has no name in a {Kind} of Hugging Face.");
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(folder).Where(file => !Path.GetFileName(file).Contains(".safetensors", StringComparison.Ordinal))) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        var written = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        foreach (Parameter parameter in named)
        {
            (string Name, TensorForm Form) there = HuggingFaceNames.Of(names, parameter.Path)!.Value;
            written.Add(NameOf(there.Name), TensorForms.ToTheirs(there.Form, parameter.Shape, parameter.Value.ToArray()));
        }
        Safetensors.Write(Path.Combine(to, "model.safetensors"), written, new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>What was read and what was not, in one line; the head is drawn where it is not there.</summary>
    public string Describe(ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HashSet<string> used = [.. model.Parameters().Select(parameter => HuggingFaceNames.Of(names, parameter.Path)?.Name).OfType<string>().Select(NameOf)];
        string[] drawn = [.. model.Parameters().Select(parameter => parameter.Path).Where(path => HuggingFaceNames.Of(names, path) is not { } there || !Fits(model, path, there))];
        string[] passed = [.. shapes.Keys.Where(name => !used.Contains(name) && !Array.Exists(NoWeights, name.EndsWith)).Order(StringComparer.Ordinal)];
        string over = passed.Length == 0 ? "" : $"; passed over: {string.Join(", ", passed.Take(4))}{(passed.Length > 4 ? $" and {passed.Length - 4} more" : "")}";
        return $"{folder}: {Kind}, {Layers} blocks, {model.Parameters().Count() - drawn.Length} tensors{(drawn.Length > 0 ? $"; drawn: {Drawn(drawn)}" : "")}{over}";
    }

    /// <summary>What is drawn: the first of the model's own, and how many of LoRA's.</summary>
    private static string Drawn(string[] paths)
    {
        string[] own = [.. paths.Where(path => !IsLora(path))];
        int ofLora = paths.Length - own.Length;
        IEnumerable<string> parts = own.Take(4);
        if (own.Length > 4) parts = parts.Append($"{own.Length - 4} more");
        if (ofLora > 0) parts = parts.Append($"{ofLora} tensors of LoRA (loraDown, loraUp)");
        return string.Join(", ", parts);
    }

    private static Func<Module> Activation(string name) => name switch
    {
        "gelu" => () => new Gelu(),
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => () => new GeluTanh(),
        "relu" => () => new Relu(),
        "silu" or "swish" => () => new Silu(),
        _ => throw new FormatException($"The activation '{name}' is not known; gelu, gelu_new, gelu_pytorch_tanh, relu and silu are."),
    };

    private static bool IsLora(Parameter parameter) => IsLora(parameter.Path);

    private static bool IsLora(string path) => path.Contains(".lora", StringComparison.Ordinal);

    /// <summary>A head's tensors have no prefix.</summary>
    private string NameOf(string name) => name.StartsWith("classifier.", StringComparison.Ordinal) ? name : prefix + name;

    private bool Fits(ModuleBase model, string path, (string Name, TensorForm Form) there) =>
        shapes.TryGetValue(NameOf(there.Name), out Shape shape) && TensorForms.ToTheirs(there.Form, model.Parameters().First(parameter => parameter.Path == path).Shape) == shape;

    private void Load(ModuleBase model)
    {
        if (isDescribed) return;
        Dictionary<string, SafetensorsEntry> entries = WeightFiles.Read(folder);
        var ours = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        var wrong = new List<string>();
        var taken = new List<string>();
        if (((model as TextTransformer)?.Blocks[0])?.Projections.IsRotary == true) wrong.Add("its blocks are rotary, and the model has a table of places");
        foreach (Parameter parameter in model.Parameters())
        {
            bool isHead = parameter.Path.StartsWith("head.output.", StringComparison.Ordinal) || parameter.Path.StartsWith("head.pooler.", StringComparison.Ordinal);
            if (HuggingFaceNames.Of(names, parameter.Path) is not { } there)
            {
                // LoRA's own begin as they are.
                if (!isHead && !IsLora(parameter)) wrong.Add($"'{parameter.Path}' has no name there");
                continue;
            }
            string name = NameOf(there.Name);
            if (!entries.TryGetValue(name, out SafetensorsEntry? entry))
            {
                if (!isHead) wrong.Add($"'{name}' is missing");
                continue;
            }
            Shape expected = TensorForms.ToTheirs(there.Form, parameter.Shape);
            if (entry.Type is not ("F32" or "F64" or "F16" or "BF16")) wrong.Add($"'{name}' is {entry.Type}, expected real numbers");
            else if (entry.Shape == expected)
            {
                taken.Add(name);
                ours.Add(parameter.Path, TensorForms.ToOurs(there.Form, parameter.Shape, entry));
            }
            // A head of another size is another task's.
            else if (!isHead) wrong.Add($"'{name}' has shape {entry.Shape}, expected {expected}");
        }
        // Under their own names; what is loaded below has ours.
        if (wrong.Count == 0) foreach (string name in taken) FiniteEntries.Require(entries[name], name, $"'{folder}'");
        if (wrong.Count > 0) throw new FormatException($"'{folder}' does not fit its config: {string.Join("; ", wrong.Take(4))}{(wrong.Count > 4 ? $" and {wrong.Count - 4} more" : "")}.");
        StateDict.Load(model, ours, $"'{folder}'", strict: false);
    }
}
