using System.CommandLine;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze import</c>: an exported network as a folder of Hugging Face, or of torchvision's names.</summary>
internal static class ImportVerb
{
    private const string Bert = "bert", ResNet = "resnet", Standardised = "standardised", BlueGreenRed = "bgr255";

    public static Command Create(IAnsiConsole console)
    {
        var file = new Argument<string>("file") { HelpName = "FILE", Description = "The ONNX file" };
        var kind = new Option<string>("--as") { HelpName = "bert|resnet", Description = "What it is", Required = true };
        kind.OneOf(Bert, ResNet);
        var heads = new Option<int?>("--heads") { HelpName = "N", Description = "Of a bert: its attention heads, which no weight's shape tells" };
        var pixels = new Option<string>("--pixels") { HelpName = $"{Standardised}|{BlueGreenRed}", Description = "Of a resnet: what it takes, pixels as torchvision's (the default), or blue, green, red of 0 to 255 less their mean" };
        pixels.OneOf(Standardised, BlueGreenRed);
        var to = new Option<string>("--out") { HelpName = "FOLDER", Description = "Where config.json and model.safetensors go", Required = true };
        Verb command = new Verb("import", "Makes a model's folder of the weights of an exported network: what 'freeze train --model bert:FOLDER' or 'resnet18:FOLDER' starts from.")
            .With("Options", kind, heads, pixels, to)
            .Example("import model.onnx --as bert --heads 12 --out minilm", "a BERT that was exported to ONNX");
        command.Add(file);
        command.SetAction(parsed =>
        {
            bool isBert = parsed.GetValue(kind) == Bert;
            if (isBert && parsed.GetValue(pixels) is not null) throw new ArgumentException("--pixels is of a resnet; a bert has none.");
            if (!isBert && parsed.GetValue(heads) is not null) throw new ArgumentException("--heads is of a bert; a resnet has none.");
            if (isBert)
            {
                console.WriteLine(BertOnnx.Import(parsed.GetValue(file)!, parsed.GetValue(to)!, parsed.GetValue(heads) ?? throw new ArgumentException("--heads is missing: a bert's attention heads are in no weight's shape.")));
                console.WriteLine("its vocabulary (vocab.txt) is to be put beside them");
            }
            else
            {
                console.WriteLine(ResNetOnnx.Import(parsed.GetValue(file)!, parsed.GetValue(to)!, parsed.GetValue(pixels) == BlueGreenRed ? OnnxPixels.BlueGreenRed255 : OnnxPixels.Standardised));
            }
            return 0;
        });
        return command;
    }
}
