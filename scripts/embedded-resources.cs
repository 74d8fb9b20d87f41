#:property PublishAot=false
// Writes the ONNX file and the vocabulary that are embedded in an assembly, as model.onnx and vocab.txt, without loading it. Usage: see scripts/get-minilm.sh.

using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

if (args.Length != 2) throw new ArgumentException("usage: embedded-resources.cs ASSEMBLY FOLDER");
using var image = new PEReader(File.OpenRead(args[0]));
MetadataReader metadata = image.GetMetadataReader();
PEMemoryBlock resources = image.GetSectionData((image.PEHeaders.CorHeader ?? throw new BadImageFormatException($"{args[0]} is no assembly.")).ResourcesDirectory.RelativeVirtualAddress);
foreach ((string ending, string name) in new[] { (".onnx", "model.onnx"), ("vocab.txt", "vocab.txt") })
{
    ManifestResource found = metadata.ManifestResources.Select(metadata.GetManifestResource).Single(resource => metadata.GetString(resource.Name).EndsWith(ending, StringComparison.Ordinal));
    BlobReader reader = resources.GetReader((int)found.Offset, resources.Length - (int)found.Offset);
    File.WriteAllBytes(Path.Combine(args[1], name), reader.ReadBytes(reader.ReadInt32()));
}
