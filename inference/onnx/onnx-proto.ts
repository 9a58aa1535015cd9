import protobuf from 'protobufjs/light.js';

/*
 * The messages of ONNX's file format (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): all fields that a graph
 * for inference may have, so that a model read and written again loses nothing. 64-bit integers are JavaScript numbers
 * here; what tensors hold stays bytes.
 */

export interface OnnxModel {
  irVersion: number;
  producerName?: string;
  opsetImport: { domain?: string; version: number }[];
  graph: OnnxGraph;
  metadataProps?: { key: string; value: string }[];
  functions?: unknown[];
}

export interface OnnxGraph {
  name: string;
  node: OnnxNode[];
  initializer: OnnxTensor[];
  sparseInitializer?: { values?: OnnxTensor }[];
  input: OnnxValueInfo[];
  output: OnnxValueInfo[];
  valueInfo?: OnnxValueInfo[];
  quantizationAnnotation?: unknown[];
}

export interface OnnxNode {
  input: string[];
  output: string[];
  name?: string;
  opType: string;
  domain?: string;
  attribute: OnnxAttribute[];
}

export interface OnnxAttribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: OnnxTensor;
  g?: OnnxGraph;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
  graphs?: OnnxGraph[];
}

export interface OnnxTensor {
  name?: string;
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
}

export interface OnnxValueInfo {
  name: string;
  type?: { tensorType?: { elemType: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } } };
}

type Field = [id: number, type: string, modifiers?: 'repeated' | 'packed'];

const MESSAGES: Record<string, Record<string, Field>> = {
  ModelProto: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    domain: [4, 'string'],
    modelVersion: [5, 'int64'],
    docString: [6, 'string'],
    graph: [7, 'GraphProto'],
    opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    metadataProps: [14, 'StringStringEntryProto', 'repeated'],
    functions: [25, 'FunctionProto', 'repeated'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    docString: [10, 'string'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
    valueInfo: [13, 'ValueInfoProto', 'repeated'],
    quantizationAnnotation: [14, 'TensorAnnotation', 'repeated'],
    sparseInitializer: [15, 'SparseTensorProto', 'repeated'],
    metadataProps: [16, 'StringStringEntryProto', 'repeated'],
  },
  TensorAnnotation: {
    tensorName: [1, 'string'],
    quantParameterTensorNames: [2, 'StringStringEntryProto', 'repeated'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    docString: [6, 'string'],
    domain: [7, 'string'],
    overload: [8, 'string'],
    metadataProps: [9, 'StringStringEntryProto', 'repeated'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'GraphProto'],
    floats: [7, 'float', 'repeated'],
    ints: [8, 'int64', 'repeated'],
    strings: [9, 'bytes', 'repeated'],
    tensors: [10, 'TensorProto', 'repeated'],
    graphs: [11, 'GraphProto', 'repeated'],
    docString: [13, 'string'],
    tp: [14, 'TypeProto'],
    typeProtos: [15, 'TypeProto', 'repeated'],
    type: [20, 'int32'],
    refAttrName: [21, 'string'],
    sparseTensor: [22, 'SparseTensorProto'],
    sparseTensors: [23, 'SparseTensorProto', 'repeated'],
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    floatData: [4, 'float', 'packed'],
    int32Data: [5, 'int32', 'packed'],
    stringData: [6, 'bytes', 'repeated'],
    int64Data: [7, 'int64', 'packed'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double', 'packed'],
    uint64Data: [11, 'uint64', 'packed'],
    docString: [12, 'string'],
    externalData: [13, 'StringStringEntryProto', 'repeated'],
    dataLocation: [14, 'int32'],
    metadataProps: [16, 'StringStringEntryProto', 'repeated'],
  },
  SparseTensorProto: { values: [1, 'TensorProto'], indices: [2, 'TensorProto'], dims: [3, 'int64', 'repeated'] },
  ValueInfoProto: {
    name: [1, 'string'],
    type: [2, 'TypeProto'],
    docString: [3, 'string'],
    metadataProps: [4, 'StringStringEntryProto', 'repeated'],
  },
  TypeProto: {
    tensorType: [1, 'TensorType'],
    sequenceType: [4, 'ElementType'],
    mapType: [5, 'MapType'],
    denotation: [6, 'string'],
    sparseTensorType: [8, 'TensorType'],
    optionalType: [9, 'ElementType'],
  },
  TensorType: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  ElementType: { elemType: [1, 'TypeProto'] },
  MapType: { keyType: [1, 'int32'], valueType: [2, 'TypeProto'] },
  TensorShapeProto: { dim: [1, 'Dimension', 'repeated'] },
  Dimension: { dimValue: [1, 'int64'], dimParam: [2, 'string'], denotation: [3, 'string'] },
  FunctionProto: {
    name: [1, 'string'],
    input: [4, 'string', 'repeated'],
    output: [5, 'string', 'repeated'],
    attribute: [6, 'string', 'repeated'],
    node: [7, 'NodeProto', 'repeated'],
    docString: [8, 'string'],
    opsetImport: [9, 'OperatorSetIdProto', 'repeated'],
    domain: [10, 'string'],
    attributeProto: [11, 'AttributeProto', 'repeated'],
    valueInfo: [12, 'ValueInfoProto', 'repeated'],
    overload: [13, 'string'],
    metadataProps: [14, 'StringStringEntryProto', 'repeated'],
  },
};

const ModelProto = protobuf.Root.fromJSON({ nested: descriptors() }).lookupType('ModelProto');

export function encodeModel(model: OnnxModel): Uint8Array {
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}

/** @throws Error of protobufjs when the bytes are no protocol buffer. Other buffers may pass: look at `graph`. */
export function decodeModel(bytes: Uint8Array): Partial<OnnxModel> {
  return ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, arrays: true }) as Partial<OnnxModel>;
}

function descriptors(): Record<string, protobuf.IType> {
  return Object.fromEntries(
    Object.entries(MESSAGES).map(([message, fields]) => {
      const described = Object.entries(fields).map(([name, [id, type, modifier]]) => {
        const field: protobuf.IField = { id, type };
        if (modifier) field.rule = 'repeated';
        if (modifier) field.options = { packed: modifier === 'packed' };
        return [name, field] as const;
      });
      return [message, { fields: Object.fromEntries(described) }];
    }),
  );
}
